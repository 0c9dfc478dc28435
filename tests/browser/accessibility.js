// What of a lesson can be read, and what has which name: in rendered Markdown, outputs and widgets.  Not in the editors
// of code cells: their colours are those of JupyterLab's theme.
(() => {
  const CONTENT = '.jp-RenderedMarkdown, .jp-OutputArea-output';
  const LEAST = 4.5; // WCAG 2.2, 1.4.3; not 3 for large text: what is easy to read for all needs no exception

  const panel = () => window.jupyterapp.shell.currentWidget.content.node;
  const content = () => [...panel().querySelectorAll(CONTENT)].filter(node => !node.parentElement.closest(CONTENT));
  const all = selector => content().flatMap(node => [...node.querySelectorAll(selector)]);
  const cellOf = node => node.closest('.jp-Cell')?.dataset.cellId;
  const short = text => text.trim().replace(/\s+/g, ' ').slice(0, 40);
  const visible = node => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });

  // Colours

  const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
    .getContext('2d', { willReadFrequently: true });
  const known = new Map();
  function parse(colour) {
    if (!known.has(colour)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = 'rgba(0, 0, 0, 0)';
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  }
  const fade = ([r, g, b, a], opacity) => [r, g, b, a * opacity];
  const over = ([r, g, b, a], below) => [r, g, b].map((x, i) => a * x + (1 - a) * below[i]).concat(1);
  const hex = colour => '#' + colour.slice(0, 3).map(x => Math.round(x).toString(16).padStart(2, '0')).join('');

  // Relative luminance and contrast as WCAG 2.2 defines them.
  function luminance(colour) {
    const [r, g, b] = colour.map(x => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrastOf(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }

  // What lies behind the text of an element, and how opaque the element is: all backgrounds up to the page's, which
  // is white below JupyterLab's own.
  function behind(element, below) {
    const layers = [];
    let node = element;
    for (; node && node !== below?.until; node = node.parentElement) {
      const style = getComputedStyle(node);
      layers.forEach(layer => (layer.opacity *= style.opacity));
      layers.push({ colour: parse(style.backgroundColor), opacity: +style.opacity });
    }
    const opacity = layers.length ? layers[0].opacity : 1;
    const colour = layers.reduceRight(
      (ground, layer) => over(fade(layer.colour, layer.opacity), ground), below?.colour ?? [255, 255, 255, 1]
    );
    return { colour, opacity };
  }

  function* textsIn(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.trim()) yield walker.currentNode;
  }
  function shown(element, box) {
    const small = box.width <= 1 || box.height <= 1; // hidden from the eye, for screen readers only
    return visible(element) && !small && !element.closest('style, script, mjx-assistive-mml');
  }
  function boxOf(text) {
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getBoundingClientRect();
  }

  function* measured(root) {
    for (const text of textsIn(root)) {
      const element = text.parentElement;
      if (shown(element, boxOf(text))) yield { element, text: text.data };
    }
    // Formulas are drawn by the ::before of empty elements; fields hold their text outside the tree.
    for (const element of root.querySelectorAll('mjx-c'))
      if (!element.textContent && shown(element, element.getBoundingClientRect()))
        yield { element, text: `formula ${element.closest('mjx-container').querySelector('math')?.textContent ?? ''}` };
    for (const element of root.querySelectorAll('input, select, textarea'))
      if (shown(element, element.getBoundingClientRect())) yield { element, text: String(element.value) };
  }

  function judge(element, text) {
    const { colour: ground, opacity } = behind(element);
    const colour = over(fade(parse(getComputedStyle(element).color), opacity), ground);
    return { colour, ground, ratio: contrastOf(colour, ground), element, text };
  }

  const opened = [];
  function openFolds() {
    opened.push(...all('details:not([open])'));
    opened.forEach(fold => (fold.open = true));
  }
  function closeFolds() {
    opened.splice(0).forEach(fold => (fold.open = false));
  }

  function place(element) {
    const names = [...element.classList].filter(name => !name.startsWith('lm-')).slice(0, 2);
    return [element.localName, ...names].join('.');
  }

  // Every text whose colour is too near to what is behind it.
  function contrast(roots = content()) {
    openFolds();
    const found = [];
    for (const root of roots)
      for (const { element, text } of measured(root)) found.push(judge(element, text));
    closeFolds();
    const bad = new Map();
    for (const { colour, ground, ratio, element, text } of found)
      if (ratio < LEAST) {
        const problem = {
          cell: cellOf(element), at: place(element), text: short(text),
          colours: `${hex(colour)} on ${hex(ground)}`, ratio, least: LEAST
        };
        const key = [problem.cell, problem.at, problem.colours].join();
        if (!bad.has(key)) bad.set(key, problem);
      }
    return { checked: found.length, bad: [...bad.values()] };
  }

  // Pictures, headings, tables, links

  function pictures() {
    return all('img, svg:not(img svg), [role="img"]')
      .filter(node => !node.closest('.jp-collapseHeadingButton, mjx-container'))
      .map(node => {
        const alt = node.getAttribute('alt') ?? node.getAttribute('aria-label') ?? '';
        return { cell: cellOf(node), alt };
      });
  }

  function structure() {
    const bad = [];
    let last = 0;
    for (const node of all('h1, h2, h3, h4, h5, h6')) {
      const level = +node.localName[1];
      const where = `${cellOf(node)}: the heading "${short(node.textContent.replace('¶', ''))}"`;
      if (level > last + 1) bad.push(`${where} is of level ${level} after level ${last}`);
      if (level === 1 && last > 0) bad.push(`${where} is a second title`);
      last = level;
    }
    for (const table of all('table:not([role="presentation"])'))
      if (table.querySelectorAll('td').length > 1 && ![...table.querySelectorAll('th')].some(th => th.textContent.trim()))
        bad.push(`${cellOf(table)}: the table "${short(table.textContent)}" has no headers`);
    for (const link of all('a[href]:not(.jp-InternalAnchorLink)')) {
      const text = link.textContent.trim() || link.querySelector('img')?.alt;
      if (!text || /^(here|link|this|click here)$/i.test(text))
        bad.push(`${cellOf(link)}: the link to ${link.getAttribute('href')} does not say where it leads`);
    }
    for (const label of all('[title="null"], [title="undefined"]'))
      if (visible(label)) bad.push(`${cellOf(label)}: "${short(label.textContent)}" has the tooltip "${label.title}"`);
    return bad;
  }

  // Controls

  const CONTROLS = '[role="slider"], summary, select, input, textarea, button, [role="button"], a[href]';
  const NOT_OURS = '.jp-InternalAnchorLink, .jp-collapseHeadingButton';
  const controls = () => all(CONTROLS).filter(node => visible(node) && !node.matches(NOT_OURS));

  // What may change when a control has the focus.
  const looks = node => {
    node.getAnimations().forEach(animation => animation.finish()); // of a colour that fades
    const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor } = getComputedStyle(node);
    const outline = outlineStyle === 'none' || parseFloat(outlineWidth) === 0 ? '' : outlineWidth + outlineColor;
    return [outline, boxShadow, borderColor, backgroundColor].join();
  };

  // As a screen reader gets it, by the standard's rules.  Not asked of Chromium: it would build its accessibility tree
  // and go on with it, and then its page crashes now and then, at another step each time.
  function nameOf(node) {
    return window.axe.commons.text.accessibleText(node).trim();
  }
  function listControls() {
    document.activeElement.blur();
    access.found = controls();
    window.axe.setup(panel());
    const found = access.found.map(node => ({
      cell: cellOf(node), place: place(node), name: nameOf(node), looks: looks(node)
    }));
    window.axe.teardown();
    return found;
  }
  function start() {
    window.lesson.select(panel().querySelector('.jp-Cell').dataset.cellId);
    panel().querySelector('.jp-Cell').focus();
  }
  const focused = () => [access.found.indexOf(document.activeElement), looks(document.activeElement)];

  // axe-core

  async function axe(apart) {
    const options = { resultTypes: ['violations'], elementRef: true, rules: { 'color-contrast': { enabled: false } } };
    const { violations } = await window.axe.run(panel(), options);
    const bad = [];
    for (const { id, help, nodes } of violations)
      for (const { element, html } of nodes)
        if (!apart.some(([rule, selector]) => rule === id && element.matches(selector)))
          bad.push({ cell: cellOf(element), rule: id, help, html: html.slice(0, 160) });
    return bad;
  }

  const access = { contrast, pictures, structure, listControls, start, focused, axe };
  window.access = access;
})();
