-- SPDX-License-Identifier: MIT
-- monster-seed.sql - one database laid out as MonSTer lays it out, with made-up samples.
--
-- psql variables: prefix (rpc), nodes (how many have samples), others (how many more nodes
-- of the same prefix have samples: the rest of the cluster), gpus (per node; 0: no table
-- powerconsumption), start (Unix time), seconds, step (s), index (ts: on "timestamp" alone,
-- as TimescaleDB makes it; node: on (nodeid, "timestamp") too).
-- Nodes are called PREFIX-91-1 ... PREFIX-91-20, PREFIX-92-1 ...
SET client_min_messages = warning;
SET synchronous_commit = off;
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
SELECT :'index' = 'node' AS node_index, :gpus > 0 AS has_gpus, :nodes + :others AS total \gset

CREATE TABLE public.nodes (nodeid serial PRIMARY KEY, servicetag text, hostname text, status text);
CREATE TABLE public.source (id serial PRIMARY KEY, source text NOT NULL);
CREATE TABLE public.fqdd (id serial PRIMARY KEY, fqdd text NOT NULL);
CREATE TABLE public.metrics_definition (
  id serial PRIMARY KEY, metric_id text NOT NULL, metric_name text, units text);
INSERT INTO public.nodes (servicetag, hostname, status)
SELECT 'T' || i, format('%s-%s-%s', :'prefix', 91 + i / 20, i % 20 + 1), 'OK'
FROM generate_series(0, :total - 1) i ORDER BY i;
INSERT INTO public.source (source) VALUES ('rawsensor'), ('powermetrics'), ('gpumetrics');
INSERT INTO public.fqdd (fqdd) VALUES ('SystemUsage'), ('PowerMetrics');
INSERT INTO public.fqdd (fqdd) SELECT format('Video.Slot.%s-1', 31 + 2 * i)
FROM generate_series(0, :gpus - 1) i ORDER BY i;

CREATE TEMP TABLE metric (n int, metric_id text, units text, base real, swing real);
-- the GPUs are part of what the node draws
INSERT INTO metric VALUES
  (1, 'TotalCPUPower', 'W', 200, 300), (2, 'TotalMemoryPower', 'W', 40, 60),
  (3, 'TotalStoragePower', 'W', 8, 4), (4, 'TotalFanPower', 'W', 50, 90),
  (5, 'SystemInputPower', 'W', 520 + 70 * :gpus, 560 + 320 * :gpus),
  (6, 'SystemOutputPower', 'W', 490 + 68 * :gpus, 530 + 310 * :gpus);
INSERT INTO public.metrics_definition (metric_id, metric_name, units)
SELECT metric_id, metric_id || ' Metric Definition', units FROM metric ORDER BY metric_id;

CREATE SCHEMA idrac;
SELECT format('CREATE TABLE idrac.%s ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL,
  source int, fqdd int, value real)', lower(metric_id)) FROM metric \gexec

-- When each node was sampled: every step seconds at a phase of its own, cut to the second;
-- one sample in 500 is lost.  Wave: -1 .. 1 with a period of an hour, shifted per node.
CREATE TEMP TABLE tick AS
SELECT to_timestamp(t) AS at, nodeid, k,
       sin((t + nodeid * 37) % 3600 / 572.957795) AS wave,
       hashint8(k * 7919 + nodeid) & 15 AS noise
FROM (SELECT nodeid, k, :start + floor(nodeid % 10 * 0.437 + k * :step * 1.0004)::bigint AS t
      FROM public.nodes, generate_series(0, :seconds / :step) k) x
WHERE t < :start + :seconds AND hashint8(k * 31 + nodeid * 1009) % 500 <> 0
ORDER BY t, nodeid;
SELECT format('INSERT INTO idrac.%s SELECT at, nodeid, 2, 2, round(%s + %s * (1 + wave) / 2 + noise %% (%s + 3))
  FROM tick', lower(metric_id), base, swing, n) FROM metric \gexec
\if :has_gpus
INSERT INTO public.metrics_definition (metric_id, metric_name, units)
VALUES ('PowerConsumption', 'GPU Power Consumption', 'mW');
CREATE TABLE idrac.powerconsumption ("timestamp" timestamptz NOT NULL, nodeid int NOT NULL,
  source int, fqdd int, value real);
INSERT INTO idrac.powerconsumption
SELECT at + interval '2 s', nodeid, 3, f.id, round(60000 + 300000 * (1 + wave) / 2 + noise * f.id * 100)
FROM tick, public.fqdd f WHERE f.fqdd LIKE 'Video.%' ORDER BY at, nodeid, f.id;
\endif

SELECT format('CREATE INDEX ON idrac.%s ("timestamp" DESC)', tablename)
FROM pg_tables WHERE schemaname = 'idrac' ORDER BY 1 \gexec
\if :node_index
SELECT format('CREATE INDEX ON idrac.%s (nodeid, "timestamp" DESC)', tablename)
FROM pg_tables WHERE schemaname = 'idrac' ORDER BY 1 \gexec
\endif

CREATE SCHEMA slurm;
CREATE TABLE slurm.jobs (
  job_id int PRIMARY KEY, array_job_id int, array_task_id int, name text, job_state text[],
  user_id int, user_name text, group_id int, cluster text, partition text,
  current_working_directory text, nodes text[], cpus int, start_time int, end_time int,
  suspend_time int, restart_cnt int, exit_code int);
GRANT USAGE ON SCHEMA idrac, public, slurm TO monster;
GRANT SELECT ON ALL TABLES IN SCHEMA idrac, public, slurm TO monster;
ANALYZE;
