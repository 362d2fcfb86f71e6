'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const svg = document.getElementById('timeseries');
  const box = svg.parentNode, values = document.getElementById('values');
  const tools = document.getElementById('tools');
  const LEFT = data.left, WIDTH = data.width, N = data.columns, TOP = data.top, BOTTOM = data.bottom;
  const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let from = 0, to = N, at = -1, start = -1;

  const make = (name, attributes, text) => {
    const e = document.createElementNS(svg.namespaceURI, name);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    if (text !== undefined) e.textContent = text;
    svg.append(e);
    return e;
  };
  const cursor = make('line', {id: 'cursor', y1: TOP, y2: BOTTOM, visibility: 'hidden'});
  const range = make('rect', {id: 'range', y: TOP, height: BOTTOM - TOP, width: 0});

  /* The curves in a group of their own, so that a zoomed one ends at the plot's edges. */
  const curves = [...svg.querySelectorAll('.t')];
  const clip = make('clipPath', {id: 'clip'});
  clip.append(make('rect', {x: LEFT, y: 0, width: WIDTH, height: BOTTOM}));
  if (curves.length) {
    const group = make('g', {'clip-path': 'url(#clip)'});
    curves[0].before(group);
    group.append(...curves);
  }
  svg.classList.add('unzoomed');

  /* Two digits of 64 a value, in shares of 4,094 of the series' largest; 4,095: no data. */
  const power = (s, column) => {
    const v = DIGITS.indexOf(s.v[2 * column]) * 64 + DIGITS.indexOf(s.v[2 * column + 1]);
    return v === 4095 ? null : v / 4094 * s.max;
  };
  const watt = (w) => {
    if (w === null) return 'no data';
    const [d, unit] = w < 9999.5 ? [1, ' W'] : w < 9999500 ? [1e3, ' kW'] : [1e6, ' MW'];
    return Number((w / d).toPrecision(w / d >= 1000 ? 4 : 3)).toLocaleString('en') + unit;
  };
  /* Local time where the report was made, not where it is read. */
  const when = (column) => {
    const ms = data.start + (data.end - data.start) * column / N;
    let offset = 0;
    for (const [since, seconds] of data.zone) if (ms >= since || since === data.start) offset = seconds;
    return new Date(ms + offset * 1000);
  };
  const clock = (column, fine) => when(column).toISOString().slice(0, fine ? 19 : 16).replace('T', ' ');

  const x = (column) => LEFT + (column - from) / (to - from) * WIDTH;
  const show = () => {
    const visible = at >= from && at < to;
    cursor.setAttribute('visibility', visible ? 'visible' : 'hidden');
    if (!visible) { values.textContent = data.hint; return; }
    cursor.setAttribute('x1', x(at + .5));
    cursor.setAttribute('x2', x(at + .5));
    values.textContent = clock(at + .5, true) + ': ' + data.series.filter((s) => !s.off)
      .map((s) => s.name + ' ' + watt(power(s, at))).join(', ');
  };

  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
    86400, 172800, 345600, 604800, 1209600, 2592000, 7776000, 31536000];
  let ticks = [];
  const zoom = (a, b) => {
    if (b - a < 4) { const middle = (a + b) / 2; a = middle - 2; b = middle + 2; }
    from = Math.max(0, Math.floor(a));
    to = Math.min(N, Math.ceil(b));
    const zoomed = from > 0 || to < N;
    svg.classList.toggle('zoomed', zoomed);
    svg.classList.toggle('unzoomed', !zoomed);
    const scale = N / (to - from);
    for (const c of curves)
      if (zoomed) c.setAttribute('transform', `translate(${LEFT - (LEFT + from) * scale} 0) scale(${scale} 1)`);
      else c.removeAttribute('transform');
    for (const t of ticks) t.remove();
    ticks = [];
    const seconds = (data.end - data.start) / 1000 * (to - from) / N;
    const step = STEPS.find((s) => seconds / s <= 8) || STEPS[STEPS.length - 1];
    const first = when(from).getTime() / 1000;
    for (let t = Math.ceil(first / step) * step; zoomed && t <= first + seconds; t += step) {
      const tx = LEFT + (t - first) / seconds * WIDTH;
      const text = new Date(t * 1000).toISOString();
      ticks.push(make('line', {class: 'grid', x1: tx, x2: tx, y1: TOP, y2: BOTTOM + 6, stroke: '#000', 'stroke-opacity': .15}));
      ticks.push(make('text', {class: 'ink', fill: '#1f2430', x: tx, y: BOTTOM + 30, 'text-anchor': 'middle'},
        step >= 86400 ? text.slice(0, 10) : text.slice(11, step >= 60 ? 16 : 19)));
    }
    if (zoomed)
      ticks.push(make('text', {class: 'soft', fill: '#5a6272', x: LEFT, y: BOTTOM + 56}, clock(from, true) + ' to ' + clock(to, true)));
    all.hidden = !zoomed;
    show();
  };

  const column = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return from + (place.x - LEFT) / WIDTH * (to - from);
  };
  svg.addEventListener('pointermove', (event) => {
    const c = column(event);
    at = c >= from && c < to ? Math.floor(c) : -1;
    if (start >= 0) {
      const end = Math.min(Math.max(c, from), to);
      range.setAttribute('x', x(Math.min(start, end)));
      range.setAttribute('width', x(Math.max(start, end)) - x(Math.min(start, end)));
    }
    show();
  });
  svg.addEventListener('pointerleave', () => { if (start < 0) { at = -1; show(); } });
  svg.addEventListener('pointerdown', (event) => {
    const c = column(event);
    if (event.button !== 0 || event.pointerType === 'touch' || c < from || c > to) return;
    start = c;
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener('pointerup', (event) => {
    const a = start, b = Math.min(Math.max(column(event), from), to);
    if (a < 0) return;
    start = -1;
    range.setAttribute('width', 0);
    if (Math.abs(x(a) - x(b)) > 8) zoom(Math.min(a, b), Math.max(a, b));
  });
  svg.addEventListener('dblclick', () => zoom(0, N));
  box.addEventListener('keydown', (event) => {
    const step = Math.max(1, Math.round((to - from) / (event.shiftKey ? 10 : 100)));
    const middle = at >= from && at < to ? at : Math.round((from + to) / 2);
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'ArrowRight') at = at < from ? from : Math.min(to - 1, at + step);
    else if (event.key === 'ArrowLeft') at = at < from ? to - 1 : Math.max(from, at - step);
    else if (event.key === 'Home') at = from;
    else if (event.key === 'End') at = to - 1;
    else if (event.key === '+') zoom(middle - (to - from) / 4, middle + (to - from) / 4);
    else if (event.key === '-' || event.key === 'Escape') zoom(0, N);
    else return;
    event.preventDefault();
    show();
  });

  for (const s of data.series) {
    const label = document.createElement('label'), input = document.createElement('input');
    input.type = 'checkbox';
    input.checked = true;
    input.addEventListener('change', () => {
      s.off = !input.checked;
      for (const e of svg.querySelectorAll('.s' + s.index)) e.classList.toggle('off', s.off);
      show();
    });
    label.append(input, ' ' + s.name);
    tools.append(label);
  }
  const all = document.createElement('button');
  all.textContent = 'whole window';
  all.hidden = true;
  all.addEventListener('click', () => zoom(0, N));
  tools.append(all);
  tools.hidden = false;
  show();
})();
