/* SPDX-License-Identifier: MIT
 * section.c - the keys of [prometheus] and of its routes, and what exporters call power.
 */
#include "config.h"

#include "backends/prometheus/section.h"

#define PROM(member, type, ...)                                                          \
    MP_KEY(struct mp_prom_config, member, #member, type, __VA_ARGS__)

static const struct mp_key keys[] = {
    PROM(url, MP_KEY_STRING, "", .env = {"MONSTER_POWER_PROMETHEUS_URL"},
         .help = "Where the API is, without /api/v1: http://host:9090, or "
                 "https://host/prometheus. VictoriaMetrics, Thanos and Mimir have the "
                 "same one."),
    PROM(username, MP_KEY_STRING, "", .help = "For basic authentication."),
    PROM(password, MP_KEY_STRING, "", .secret = true,
         .env = {"MONSTER_POWER_PROMETHEUS_PASSWORD"}, .help = "Its password."),
    PROM(bearer_token, MP_KEY_STRING, "", .secret = true,
         .env = {"MONSTER_POWER_PROMETHEUS_BEARER_TOKEN"},
         .help = "A token, instead of username and password."),
    PROM(headers, MP_KEY_STRING, "", .secret = true,
         .help = "Further headers, separated by commas: X-Scope-OrgID: tenant. Not "
                 "shown, since some hold tokens."),
    PROM(cafile, MP_KEY_PATH, "",
         .help = "The certificates that may have signed the server's. Empty: the "
                 "operating system's. https is always verified."),
    PROM(proxy, MP_KEY_STRING, "",
         .help = "A proxy to go through, as URL. Empty: none, whatever the environment "
                 "says."),
    PROM(timeout, MP_KEY_INT, "120", .min = 1, .max = 3600, .unit = "Seconds",
         .help = "How long one query may take; a connection has at most ten seconds of "
                 "it."),
};

const struct mp_keys mp_prom_keys = {
    .section = "prometheus",
    .help = "A Prometheus server, or one that speaks its API.",
    .key = keys,
    .n = sizeof keys / sizeof *keys,
    .size = sizeof(struct mp_prom_config),
};

const struct mp_route_key mp_prom_route_keys[] = {
    {.key = {.name = "exporter",
             .fallback = "",
             .max = 200,
             .help = "For Prometheus: what measures, one or several of ipmi, redfish, "
                     "dcgm, node_hwmon, rapl, idrac and kepler-node, separated by "
                     "commas. Their metrics, units and roles are known and join those "
                     "of metrics."}},
    {.key = {.name = "node_label",
             .fallback = "",
             .max = 200,
             .help = "For Prometheus: the label that names the node. Empty: the first of "
                     "instance, host, Hostname, hostname, node, nodename and node_name "
                     "that names one of the job's. A port behind the name, and a domain "
                     "that only one side has, do not matter."}},
    {.key = {.name = "sensor_label",
             .fallback = "",
             .max = 200,
             .help = "For Prometheus: the labels that tell a node's sensors apart, "
                     "separated by commas; their values become the fqdd. Empty: gpu, "
                     "power_supply, sensor, name, chip and their like, as many as it "
                     "takes."}},
    {.key = {.name = NULL}},
};

const struct mp_route_map mp_prom_route_maps[] = {
    {"exporter", "ipmi", "ipmi_dcmi_power_consumption_watts:input",
     "ipmi_dcmi_power_consumption_watts:W", ""},
    {"exporter", "redfish",
     "redfish_chassis_power_powersupply_power_input_watts:input, "
     "redfish_chassis_power_powersupply_power_output_watts:output",
     "redfish_chassis_power_powersupply_power_input_watts:W, "
     "redfish_chassis_power_powersupply_power_output_watts:W",
     ""},
    {"exporter", "dcgm", "DCGM_FI_DEV_POWER_USAGE:gpu", "DCGM_FI_DEV_POWER_USAGE:W", ""},
    {"exporter", "node_hwmon", "node_hwmon_power_average_watt:input",
     "node_hwmon_power_average_watt:W", ""},
    {"exporter", "rapl",
     "node_rapl_package_joules_total:cpu, node_rapl_dram_joules_total:memory",
     "node_rapl_package_joules_total:J, node_rapl_dram_joules_total:J",
     "node_rapl_package_joules_total:counter, node_rapl_dram_joules_total:counter"},
    {"exporter", "kepler-node",
     "kepler_node_platform_joules_total:input, "
     "kepler_node_cpu_joules_total{zone=\"package\"}:cpu, "
     "kepler_node_cpu_joules_total{zone=\"dram\"}:memory",
     "kepler_node_platform_joules_total:J, kepler_node_cpu_joules_total:J",
     "kepler_node_platform_joules_total:counter, kepler_node_cpu_joules_total:counter"},
    {"exporter", "idrac", "idrac_power_control_consumed_watts:input",
     "idrac_power_control_consumed_watts:W", ""},
    {.key = NULL},
};
