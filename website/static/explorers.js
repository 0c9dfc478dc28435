// Draws the course's interactive pictures from what hyperlib/pictures/export.py has packed.
'use strict';
(() => {
  const LIGHT = ['#0072b2', '#d55e00', '#007a5a', '#a0458a', '#333333'];
  const DARK = ['#56b4e9', '#ff9f5a', '#3ccfa0', '#e6a3d4', '#dddddd'];
  const DASHES = [[], [7, 4], [7, 3, 2, 3], [2, 3], [9, 2, 2, 2, 2, 2]];
  const TENSORS = ['#8ecbf0', '#f2c14e', '#a1ab56', '#e3e3e3', '#ba8663', '#7fd1ae', '#d5d1f1', '#c0829d'];
  const SMALL = 11, FONT = 12;

  const dark = () => {
    const theme = document.body.dataset.theme;
    return theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  };
  const pair = (text, i) => (text.charCodeAt(2 * i) - 35) * 64 + text.charCodeAt(2 * i + 1) - 35;
  const mix = (a, b, t) => a.map((x, k) => Math.round(x + (b[k] - x) * t));
  const ORANGE = [217, 95, 2], WHITE = [255, 255, 255], BLUE = [43, 131, 191];
  const signed = t => (t < 0 ? mix(WHITE, ORANGE, Math.min(1, -t)) : mix(WHITE, BLUE, Math.min(1, t))); // -1 to 1
  const short = x => (Math.abs(x) >= 1e4 ? x.toExponential(0) : String(+x.toPrecision(3)).replace('-', '\u2212'));

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }

  function ticks(low, high) {
    const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(k => k * power).find(s => s >= rough);
    const found = [];
    for (let t = Math.ceil(low / step) * step; t <= high + 1e-9; t += step) found.push(Math.abs(t) < 1e-12 ? 0 : t);
    return found;
  }

  function write(pen, text, x, y, { align = 'center', size = FONT, base = 'middle', most } = {}) {
    pen.font = `${size}px sans-serif`;
    pen.textAlign = align;
    pen.textBaseline = base;
    pen.fillText(text, x, y, most);
  }

  // Pixels of one heat map: colours of rows x columns numbers, enlarged without smoothing.
  function pixels(pen, colour, rows, columns, [x, y, w, h]) {
    const small = document.createElement('canvas');
    [small.width, small.height] = [columns, rows];
    const inner = small.getContext('2d'), image = inner.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) image.data.set([...colour(i), 255], 4 * i);
    inner.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, x, y, w, h);
    pen.strokeRect(x, y, w, h);
  }

  const draw = {
    curves(pen, about, move, [left, top, width, height], look) {
      const colours = look.dark ? DARK : LIGHT;
      write(pen, move.title, left + width / 2, top + 10, { most: width });
      // The legend, above the plot
      let x = left + 8, y = top + 28;
      pen.font = `${SMALL}px sans-serif`;
      const entries = about.names.map((name, k) => ({ name, k }));
      if (about.points) entries.push({ name: 'data', points: true });
      if (about.level) entries.push({ name: about.level[1], level: true });
      for (const entry of entries.length > 1 ? entries : []) {
        const wide = pen.measureText(entry.name).width + 40;
        if (x + wide > left + width && x > left + 8) [x, y] = [left + 8, y + 16];
        line(entry, [[x, y], [x + 22, y]]);
        pen.fillStyle = look.text;
        write(pen, entry.name, x + 27, y, { align: 'left', size: SMALL });
        x += wide;
      }
      const box = [left + 50, y + 14, width - 60, top + height - 36 - y - 14];
      const [x0, x1] = about.xlim, [y0, y1] = about.ylim, span = y1 - y0;
      const px = v => box[0] + ((v - x0) / (x1 - x0)) * box[2], py = v => box[1] + ((y1 - v) / span) * box[3];
      pen.strokeStyle = look.faint;
      pen.lineWidth = 1;
      for (const t of about.xticks.length ? about.xticks : ticks(x0, x1)) {
        stroke([[px(t), box[1]], [px(t), box[1] + box[3]]]);
        write(pen, short(t), px(t), box[1] + box[3] + 11, { size: SMALL });
      }
      for (const t of about.yticks.length ? about.yticks : ticks(y0, y1)) {
        stroke([[box[0], py(t)], [box[0] + box[2], py(t)]]);
        write(pen, about.log ? `1e${t}` : short(t), box[0] - 6, py(t), { align: 'right', size: SMALL });
      }
      write(pen, about.xlabel, box[0] + box[2] / 2, top + height - 8, { size: SMALL });
      pen.save();
      pen.translate(left + 8, box[1] + box[3] / 2);
      pen.rotate(-Math.PI / 2);
      write(pen, about.ylabel, 0, 0, { size: SMALL, most: box[3] + 20 });
      pen.restore();
      pen.save();
      pen.beginPath();
      pen.rect(box[0], box[1] - 1, box[2], box[3] + 2);
      pen.clip();
      if (about.points) about.points[0].forEach((v, i) => dot(px(v), py(about.points[1][i]), 2.5, look.text));
      if (about.level) line({ level: true }, [[box[0], py(about.level[0])], [box[0] + box[2], py(about.level[0])]]);
      [...move.y, ...about.fixed].forEach((text, k) => {
        const places = [];
        for (let i = 0; 2 * i < text.length; i++) {
          const code = pair(text, i);
          if (code < 4095) places.push([px(about.x[i]), py(y0 - span + (code / 4094) * 3 * span)]);
        }
        line({ k, name: about.names[k] }, places);
      });
      pen.restore();
      pen.strokeStyle = look.text;
      pen.setLineDash([]);
      pen.lineWidth = 1;
      pen.strokeRect(...box);

      function stroke(places) {
        pen.beginPath();
        places.forEach(([a, b], i) => (i ? pen.lineTo(a, b) : pen.moveTo(a, b)));
        pen.stroke();
      }
      function dot(a, b, radius, colour) {
        pen.fillStyle = colour;
        pen.beginPath();
        pen.arc(a, b, radius, 0, 7);
        pen.fill();
      }
      function line(entry, places) {
        const middle = places.length === 2 ? [[(places[0][0] + places[1][0]) / 2, places[0][1]]] : places;
        if (entry.points) return middle.forEach(([a, b]) => dot(a, b, 2.5, look.text));
        const colour = entry.level ? look.text : colours[entry.k % 5];
        if (about.dots.includes(entry.name)) return middle.forEach(([a, b]) => dot(a, b, 5, colour));
        pen.strokeStyle = colour;
        pen.lineWidth = entry.level ? 1 : entry.k ? 1.6 : 2.6;
        pen.setLineDash(entry.level ? [1, 3] : DASHES[entry.k % 5]);
        stroke(places);
        pen.setLineDash([]);
        if (about.marks.includes(entry.name)) places.forEach(([a, b]) => dot(a, b, 3, colour));
        pen.fillStyle = look.text;
      }
    },

    heatmaps(pen, about, move, [left, top, width, height], look) {
      write(pen, about.title, left + width / 2, top + 10, { size: SMALL, most: width });
      const count = about.shapes.length, gap = 8, w = (width - gap * (count + 1)) / count;
      let from = 0;
      const total = about.shapes.reduce((sum, [r, c]) => sum + r * c, 0), values = new Float32Array(total);
      if (move.u)
        move.u.forEach((u, r) => {
          const row = (about.rows ??= about.factors.map(text =>
            Float32Array.from({ length: total }, (_, i) => (pair(text, i) / 4094) * 2 - 1)))[r];
          for (let i = 0; i < total; i++) values[i] += u * row[i];
        });
      else for (let i = 0; i < total; i++) values[i] = ((move.t.charCodeAt(i) - 35) / 62) * 2 - 1;
      pen.strokeStyle = look.text;
      pen.lineWidth = 1;
      about.shapes.forEach(([rows, columns], k) => {
        const x = left + gap + k * (w + gap), start = from;
        const [name, shape] = about.names[k].split(/ (?=\[)/);
        write(pen, name, x + w / 2, top + 28, { size: SMALL, most: w + gap });
        if (shape) write(pen, shape, x + w / 2, top + 42, { size: 10, most: w + gap });
        pixels(pen, i => signed(values[start + i]), rows, columns, [x, top + 52, w, height - 60]);
        from += rows * columns;
      });
    },

    bars(pen, about, move, [left, top, width, height], look) {
      write(pen, move.title, left + width / 2, top + 10, { most: width });
      const narrow = width < 420, names = narrow ? 0 : Math.min(190, width * 0.36);
      const each = (height - 24) / about.names.length, room = width - names - 10;
      about.names.forEach((name, k) => {
        const y = top + 24 + k * each;
        pen.fillStyle = look.text;
        if (narrow) write(pen, `${name}: ${move.l[k]}`, left + 4, y + each * 0.25, { align: 'left', size: SMALL, most: width });
        else write(pen, name, left + names - 6, y + each / 2, { align: 'right', size: FONT });
        pen.fillStyle = look.dark ? DARK[0] : LIGHT[0];
        const long = Math.max(1, move.v[k] * room);
        pen.fillRect(left + names, y + each * (narrow ? 0.45 : 0.2), long, each * (narrow ? 0.4 : 0.6));
        pen.fillStyle = look.text;
        if (!narrow) write(pen, move.l[k], left + names + long + 6, y + each / 2, { align: 'left', size: FONT, most: room - long });
      });
    },

    plane(pen, about, move, [left, top, width, height], look) {
      write(pen, move.title, left + width / 2, top + 10, { most: width });
      const side = Math.min(width - 12, height - 30), x = left + (width - side) / 2, y = top + 24, n = about.side;
      pen.strokeStyle = look.text;
      const at = i => (n - 1 - Math.floor(i / n)) * n + (i % n); // the first row is the lowest
      pixels(pen, i => signed(((move.d.charCodeAt(at(i)) - 35) / 62 + 0.5 - 1)), n, n, [x, y, side, side]);
      pen.strokeStyle = '#111';
      about.labels.forEach((label, i) => {
        const a = x + (pair(move.p, 2 * i) / 4094) * side, b = y + (1 - pair(move.p, 2 * i + 1) / 4094) * side;
        pen.beginPath();
        if (label) {
          pen.moveTo(a - 3, b - 3); pen.lineTo(a + 3, b + 3);
          pen.moveTo(a - 3, b + 3); pen.lineTo(a + 3, b - 3);
        } else pen.arc(a, b, 3, 0, 7);
        pen.stroke();
      });
    },

    strip(pen, about, move, [left, top, width, height], look) {
      const tensors = [];
      let total = 0;
      move.sizes.forEach(([i, o], k) => {
        tensors.push({ name: `w${k + 1}`, rows: o, columns: i, at: total }, { name: `b${k + 1}`, rows: o, columns: 1, at: total + o * i });
        total += o * i + o;
      });
      write(pen, `flat: ${total} numbers`, left + width / 2, top + 10);
      const x = v => left + 8 + (v / total) * (width - 16);
      const box = (k, ...place) => {
        pen.fillStyle = TENSORS[k % 8];
        pen.fillRect(...place);
        pen.strokeStyle = look.text;
        pen.strokeRect(...place);
      };
      tensors.forEach((t, k) => {
        const end = t.at + t.rows * t.columns;
        box(k, x(t.at), top + 22, x(end) - x(t.at), 26);
        pen.fillStyle = '#111';
        if (x(end) - x(t.at) > 20) write(pen, t.name, (x(t.at) + x(end)) / 2, top + 35);
        pen.fillStyle = look.text;
        if (x(end) - x(t.at) > 20 || k === tensors.length - 1) write(pen, String(end), Math.min(x(end), left + width - 12), top + 58, { size: SMALL });
      });
      const wide = tensors.reduce((sum, t, k) => sum + t.columns + (k % 2 ? 1.4 : 1), 0), tall = Math.max(...tensors.map(t => t.rows));
      const unit = Math.min((width - 16) / wide, (height - 110) / tall);
      let column = left + 8 + (width - 16 - (wide - 1.4) * unit) / 2;
      tensors.forEach((t, k) => {
        const y = top + 102;
        pen.fillStyle = look.text;
        write(pen, t.name, column + (t.columns * unit) / 2, y - 24, { size: SMALL });
        write(pen, k % 2 ? `[${t.rows}]` : `[${t.rows}, ${t.columns}]`, column + (t.columns * unit) / 2, y - 10, { size: 10 });
        for (let i = 0; i < t.rows * t.columns; i++) {
          const place = [column + (i % t.columns) * unit, y + Math.floor(i / t.columns) * unit, unit, unit];
          box(k, ...place);
          pen.fillStyle = '#111';
          if (unit > 15) write(pen, String(t.at + i), place[0] + unit / 2, place[1] + unit / 2, { size: Math.min(SMALL, unit * 0.55) });
        }
        column += (t.columns + (k % 2 ? 1.4 : 1)) * unit;
      });
    }
  };

  async function begin(root, number) {
    const data = await unpack(root.dataset.living);
    root.removeAttribute('data-living');
    root.replaceChildren();
    const sliders = data.controls.map((control, k) => {
      const label = document.createElement('label'), input = document.createElement('input'), output = document.createElement('output');
      Object.assign(input, { type: 'range', min: 0, max: control.said.length - 1, step: 1, value: control.start, name: `living${number}-${k}` });
      label.append(control.label, input, output);
      root.append(label);
      input.addEventListener('input', show);
      return { input, output, said: control.said };
    });
    const canvas = document.createElement('canvas'), words = document.createElement('details');
    canvas.setAttribute('role', 'img');
    words.innerHTML = '<summary>The picture in words</summary><p></p>';
    root.append(canvas, words);
    const pen = canvas.getContext('2d');

    function show() {
      const began = performance.now();
      const at = sliders.reduce((place, { input, said }) => place * said.length + +input.value, 0);
      for (const { input, output, said } of sliders) {
        output.textContent = said[input.value];
        input.setAttribute('aria-valuetext', said[input.value]);
      }
      const width = Math.max(200, canvas.clientWidth), count = data.panels.length, beside = data.widths && width >= 480;
      const heights = data.panels.map(panel => panel.kind === 'bars' ? 30 + 34 * panel.names.length : Math.max(250, Math.min(340, width * 0.8)));
      const height = data.widths && !beside ? heights.reduce((a, b) => a + b) :
        count > 1 && !beside ? heights.reduce((a, b) => a + b) : Math.max(...heights);
      const ratio = devicePixelRatio || 1;
      canvas.style.height = `${height}px`;
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      pen.scale(ratio, ratio);
      const isDark = dark(), look = { dark: isDark, text: getComputedStyle(root).color, faint: isDark ? '#444' : '#ddd' };
      let x = 0, y = 0;
      const all = (data.widths ?? []).reduce((a, b) => a + b, 0);
      data.panels.forEach((panel, k) => {
        pen.fillStyle = look.text;
        const w = beside ? (width * data.widths[k]) / all : width;
        draw[panel.kind](pen, panel, data.frames[k][at], [x, y, w, beside ? height : heights[k]], look);
        if (beside) x += w;
        else y += heights[k];
      });
      canvas.setAttribute('aria-label', data.sentences[at]);
      words.lastChild.textContent = data.sentences[at];
      root.dataset.milliseconds = performance.now() - began;
    }
    new ResizeObserver(show).observe(root);
    new MutationObserver(show).observe(document.body, { attributeFilter: ['data-theme'] });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
    show();
    root.dataset.ready = sliders.length;
  }

  document.querySelectorAll('.living[data-living]').forEach(begin);
})();
