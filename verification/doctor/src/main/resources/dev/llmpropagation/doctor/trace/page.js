
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const grid = document.getElementById('grid');
  const panel = document.getElementById('details');
  const find = document.getElementById('find');
  const found = document.getElementById('found');
  const rows = [...grid.querySelectorAll('.tr, .s')];
  const levels = rows.map(row => Number(row.getAttribute('aria-level')));
  const places = new Map(rows.map((row, i) => [row, i]));
  const sections = [...grid.querySelectorAll('.trace')];
  const zooms = new Map();
  let current = 0;
  let hits = [];

  const spanOf = row => row && row.id ? data.spans[Number(row.id.slice(1))] : null;
  const rowOf = index => document.getElementById('r' + index);
  const isShown = i => !rows[i].hidden && !rows[i].parentElement.closest('.trace').hidden;
  const byId = new Map(data.spans.map((span, i) => [data.traces[span.t].id + span.id, i]));

  function time(nanos) {
    const sign = nanos < 0 ? '−' : '';
    const n = Math.abs(nanos);
    if (n === 0) return '0';
    if (n < 999500) return sign + (n / 1e3).toFixed(0) + ' µs';
    if (n < 999500000) return sign + (n / 1e6).toFixed(n < 9995000 ? 2 : n < 99950000 ? 1 : 0) + ' ms';
    const s = Math.round(n / 1e9);
    if (s < 100) return sign + (n / 1e9).toFixed(2) + ' s';
    const two = x => String(x).padStart(2, '0');
    return sign + (s < 6000 ? `${Math.floor(s / 60)} m ${two(s % 60)} s`
      : `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} m`);
  }

  function go(i, focus = true) {
    rows[current].tabIndex = -1;
    current = i;
    rows[i].tabIndex = 0;
    if (focus) {
      rows[i].focus({preventScroll: true});
      rows[i].scrollIntoView({block: 'nearest'});
    }
    if (!panel.hidden && spanOf(rows[i])) show(i);
  }

  function step(from, by) {
    for (let i = from + by; i >= 0 && i < rows.length; i += by) if (isShown(i)) return i;
    return from;
  }

  function parent(i) {
    for (let k = i - 1; k >= 0; k--) if (levels[k] < levels[i]) return k;
    return i;
  }

  function size(block) {
    let shown = 0;
    for (const row of block.children) if (!row.hidden) shown++;
    block.style.setProperty('--rows', shown);
  }

  function toggle(i, open) {
    rows[i].setAttribute('aria-expanded', String(open));
    arrange(i);
  }

  /** Hides what is below a closed row. */
  function arrange(from) {
    const blocks = new Set();
    let closed = rows[from].getAttribute('aria-expanded') === 'false' ? levels[from] : Infinity;
    for (let i = from + 1; i < rows.length && levels[i] > levels[from]; i++) {
      if (levels[i] <= closed) closed = Infinity;
      rows[i].hidden = levels[i] > closed;
      blocks.add(rows[i].parentElement);
      if (closed === Infinity && rows[i].getAttribute('aria-expanded') === 'false') closed = levels[i];
    }
    blocks.forEach(size);
    if (!isShown(current)) go(from, false);
  }

  function reveal(i) {
    for (let k = parent(i), last = i; k !== last; last = k, k = parent(k)) {
      if (rows[k].getAttribute('aria-expanded') === 'false') toggle(k, true);
    }
    const section = rows[i].closest('.trace');
    if (section.hidden) {
      document.getElementById('session').value = '';
      pick('');
    }
    go(i);
  }

  function make(tag, text, name) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  }

  function list(pairs) {
    const dl = make('dl');
    for (const [key, value] of pairs) {
      const line = make('div');
      const dd = make('dd');
      dd.append(value);
      const dt = make('dt');
      dt.append(...key.split(/(?<=[._])/).flatMap(part => [part, make('wbr')]));
      line.append(dt, dd);
      dl.append(line);
    }
    return dl;
  }

  function link(trace, id) {
    const index = byId.get(trace + id);
    if (index === undefined) return make('span', id + ' (not in this file)', 'id');
    const a = make('a', id, 'id');
    a.href = '#r' + index;
    a.onclick = event => { event.preventDefault(); reveal(places.get(rowOf(index))); };
    return a;
  }

  function show(i) {
    const span = spanOf(rows[i]);
    grid.querySelectorAll('[aria-selected]').forEach(row => row.removeAttribute('aria-selected'));
    rows[i].setAttribute('aria-selected', 'true');
    const close = make('button', '×', 'close');
    close.type = 'button';
    close.setAttribute('aria-label', 'Close the details');
    close.onclick = hide;
    const trace = data.traces[span.t];
    const facts = [['start', span.start], ['offset', time(span.at)], ['duration', time(span.took)]];
    if ('byte' in span) facts.push(['first byte after', time(span.byte)]);
    if ('chunk' in span) facts.push(['first chunk after', time(span.chunk)]);
    facts.push(['kind', span.kind.toLowerCase()]);
    if (span.service) facts.push(['service', span.service]);
    if (span.scope) facts.push(['made by', span.scope]);
    facts.push(['span', make('span', span.id, 'id')], ['trace', make('span', trace.id, 'id')]);
    if (span.parent) facts.push(['parent', link(trace.id, span.parent)]);
    const parts = [close, make('h2', span.name)];
    if (span.status) parts.push(make('p', span.status, 'why'));
    parts.push(make('h3', 'Span'), list(facts));
    if (span.attributes.length) parts.push(make('h3', 'Attributes'), list(span.attributes));
    for (const event of span.events) {
      parts.push(make('h3', `Event ${event.name} at ${time(event.at)}`), list(event.attributes));
    }
    for (const log of span.logs) {
      const text = [log.severity, log.name || 'log record'].filter(Boolean).join(' ');
      parts.push(make('h3', `Log ${text} at ${time(log.at)}`));
      if (log.body) parts.push(make('p', log.body));
      parts.push(list(log.attributes));
    }
    for (const other of span.links) {
      parts.push(make('h3', 'Link'), list([['span', link(other.trace, other.span)],
        ['trace', make('span', other.trace, 'id')], ...other.attributes]));
    }
    panel.replaceChildren(...parts);
    panel.scrollTop = 0;
    panel.hidden = false;
    panel.parentElement.classList.add('open');
    // On a phone they lie over the rows.
    const covered = rows[i].getBoundingClientRect().bottom - panel.getBoundingClientRect().top;
    if (covered > 0 && getComputedStyle(panel).position === 'fixed') scrollBy(0, covered + 8);
  }

  function hide() {
    panel.hidden = true;
    panel.parentElement.classList.remove('open');
    grid.querySelectorAll('[aria-selected]').forEach(row => row.removeAttribute('aria-selected'));
    rows[current].focus({preventScroll: true});
  }

  /** Draws the bars of a trace again, for a part of its time. */
  function place(t, from, width) {
    const whole = from === 0 && width === data.traces[t].duration;
    if (whole) zooms.delete(t); else zooms.set(t, true);
    sections[t].classList.toggle('zoomed', !whole);
    sections[t].querySelectorAll('.axis span').forEach((tick, q) => { tick.textContent = time(from + width / 4 * q); });
    const part = nanos => nanos / width * 100;
    for (const row of sections[t].querySelectorAll('.s')) {
      const span = spanOf(row);
      const x = part(span.at - from);
      const w = Math.max(.05, part(span.took));
      const first = 'byte' in span ? Math.min(w, part(span.byte)) : w;
      for (const shape of row.querySelector('svg').children) {
        switch (shape.getAttribute('class')) {
          case 'b':
            shape.setAttribute('x', x + first + '%');
            shape.setAttribute('width', w - first + '%');
            break;
          case 'fb':
            shape.setAttribute('x1', x + first + '%');
            shape.setAttribute('x2', x + first + '%');
            break;
          case 'fc':
            shape.setAttribute('cx', part(span.at + span.chunk - from) + '%');
            break;
          default:
            shape.setAttribute('x', x + '%');
            shape.setAttribute('width', w + '%');
        }
      }
    }
  }

  function zoom(i) {
    const t = sections.indexOf(rows[i].closest('.trace'));
    const span = spanOf(rows[i]);
    const duration = data.traces[t].duration;
    if (!span || zooms.has(t)) return place(t, 0, duration);
    const margin = Math.max(span.took, duration / 1e6) * .03;
    place(t, span.at - margin, Math.max(span.took, duration / 1e6) + 2 * margin);
  }

  let texts;
  function search(wanted) {
    texts ??= data.spans.map(span => [span.name, span.id, data.traces[span.t].id, span.service, span.status,
      ...span.attributes.flat(), ...span.events.flatMap(event => [event.name, ...event.attributes.flat()]),
      ...span.logs.flatMap(log => [log.name, log.body, ...log.attributes.flat()])]
      .join('\n').toLowerCase());
    for (const i of hits) rows[i].classList.remove('hit');
    hits = [];
    const needle = wanted.trim().toLowerCase();
    grid.classList.toggle('searching', needle !== '');
    if (needle) {
      texts.forEach((text, i) => { if (text.includes(needle)) hits.push(places.get(rowOf(i))); });
      for (const i of hits) rows[i].classList.add('hit');
    }
    found.textContent = needle ? hits.length + ' found' : '';
  }

  /** The next of these rows after the current one, or the first. */
  function next(among, by) {
    if (!among.length) return;
    const ahead = by > 0 ? among.find(i => i > current) : among.findLast(i => i < current);
    reveal(ahead ?? (by > 0 ? among[0] : among[among.length - 1]));
  }

  function pick(session) {
    sections.forEach((section, t) => {
      section.hidden = session !== '' && !data.traces[t].sessions.includes(session);
    });
    if (!isShown(current)) {
      const first = rows.findIndex((row, i) => isShown(i));
      if (first >= 0) go(first, false);
    }
  }

  function page(by) {
    const count = Math.max(1, Math.floor((innerHeight - 160) / rows[current].offsetHeight));
    let i = current;
    for (let k = 0; k < count; k++) i = step(i, by);
    go(i);
  }

  const keys = {
    ArrowDown: () => go(step(current, 1)),
    ArrowUp: () => go(step(current, -1)),
    ArrowRight: () => {
      const open = rows[current].getAttribute('aria-expanded');
      if (open === 'false') toggle(current, true); else if (open === 'true') go(step(current, 1));
    },
    ArrowLeft: () => {
      if (rows[current].getAttribute('aria-expanded') === 'true') toggle(current, false); else go(parent(current));
    },
    Home: () => go(step(-1, 1)),
    End: () => go(step(rows.length, -1)),
    PageDown: () => page(1),
    PageUp: () => page(-1),
    Enter: () => enter(current),
    ' ': () => enter(current),
    z: () => zoom(current),
    n: () => next(hits, 1),
    N: () => next(hits, -1),
    e: () => next(rows.flatMap((row, i) => row.classList.contains('e') ? [i] : []), 1),
  };

  function enter(i) {
    if (!spanOf(rows[i])) toggle(i, rows[i].getAttribute('aria-expanded') === 'false');
    else if (rows[i].getAttribute('aria-selected')) hide();
    else show(i);
  }

  /** They work from the start, wherever the focus is, but in what has keys of its own. */
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    if (event.target.closest('input, select, button, a, aside')) return;
    event.preventDefault();
    keys[event.key]();
  });
  grid.addEventListener('click', event => {
    const row = event.target.closest('.tr, .s');
    if (!row || String(getSelection())) return;
    const i = places.get(row);
    const twisty = event.target.closest('.tw') && row.hasAttribute('aria-expanded');
    go(i);
    if (twisty) toggle(i, row.getAttribute('aria-expanded') === 'false'); else enter(i);
  });
  grid.addEventListener('dblclick', event => {
    const row = event.target.closest('.t') && event.target.closest('.s');
    if (row) zoom(places.get(row));
  });
  /** What is cut off, in full. */
  grid.addEventListener('mouseover', event => {
    const cut = event.target.closest('.nm, .su, .st, .chip');
    if (cut && !cut.title && cut.scrollWidth > cut.clientWidth) cut.title = cut.textContent;
  });
  document.addEventListener('keydown', event => {
    if (event.key === '/' && document.activeElement !== find && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find.focus();
      find.select();
    } else if (event.key === 'Escape') {
      if (document.activeElement === find) {
        find.value = '';
        search('');
        rows[current].focus();
      } else if (!panel.hidden) hide();
      else for (const t of [...zooms.keys()]) place(t, 0, data.traces[t].duration);
    }
  });
  find.addEventListener('input', () => search(find.value));
  find.addEventListener('keydown', event => {
    if (event.key === 'Enter' && hits.length) {
      reveal(hits.find(i => i >= current) ?? hits[0]);
    }
  });
  document.getElementById('session')?.addEventListener('change', event => pick(event.target.value));
  document.getElementById('all').addEventListener('click', event => {
    const close = event.target.textContent.startsWith('Collapse');
    event.target.textContent = close ? 'Expand all' : 'Collapse all';
    rows.forEach((row, i) => { if (levels[i] > 1 && row.hasAttribute('aria-expanded')) row.setAttribute('aria-expanded', String(!close)); });
    rows.forEach((row, i) => { if (levels[i] === 1) arrange(i); });
  });

  document.documentElement.classList.add('js');
  document.documentElement.style.setProperty('--bar', '48px');
  document.querySelector('.tools').hidden = false;
  grid.querySelectorAll('.block').forEach(size);
  if (rows.length) rows[0].tabIndex = 0;
})();
