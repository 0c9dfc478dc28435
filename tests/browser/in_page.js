// Runs in the page before JupyterLab does.  Cell ids, execution counts and kernel messages are not in the DOM;
// they are read from window.jupyterapp (jupyter lab --expose-app-in-browser).
(() => {
  if (window.top !== window) return;

  const heard = []; // errors and stderr lines from the kernel, wherever they are shown, or not shown
  const executed = []; // execution counts of what the kernel ran since the page was opened
  let listening = false;

  const current = () => window.jupyterapp?.shell?.currentWidget;
  const cells = () => current().content.widgets;
  const outputsOf = cell => [...cell.node.querySelectorAll('.jp-OutputArea-output')];

  // On every start JupyterLab's widget manager opens the comm 'jupyter.widget.control' before a cell has imported
  // ipywidgets, and the kernel answers on stderr that there is no such comm.  Only these lines are no errors.
  function listen(context) {
    const control = new Set();
    const watch = kernel =>
      kernel?.anyMessage.connect((_, { direction, msg }) => {
        const opens = direction === 'send' && msg.header.msg_type === 'comm_open';
        if (opens && msg.content.target_name === 'jupyter.widget.control') control.add(msg.content.comm_id);
      });
    const fromStart = line => {
      const id = /^No such comm: (\S+)$/.exec(line)?.[1];
      const target = line === 'No such comm target registered: jupyter.widget.control';
      return target || (id && (control.has(id) || executed.length === 0));
    };
    watch(context.session?.kernel);
    context.kernelChanged.connect((_, change) => watch(change.newValue));
    context.iopubMessage.connect((_, { header, content }) => {
      if (header.msg_type === 'execute_input') executed.push(content.execution_count);
      if (header.msg_type === 'error') heard.push(`${content.ename}: ${content.evalue}`);
      if (header.msg_type === 'stream' && content.name === 'stderr')
        for (const line of content.text.split('\n').map(text => text.trim()))
          if (line && !fromStart(line)) heard.push(`stderr: ${line.slice(0, 200)}`);
    });
    listening = true;
  }
  const timer = setInterval(() => {
    const context = current()?.sessionContext;
    if (context) {
      clearInterval(timer);
      listen(context);
    }
  }, 5);

  function ready(path) {
    const doc = current();
    if (!listening || doc.context?.path !== path || !doc.context.isReady || !doc.sessionContext.isReady) return false;
    const kernel = doc.sessionContext.session?.kernel;
    const drawn = cells().length > 0 && cells().every(cell => cell.node.isConnected && !cell.isPlaceholder());
    return drawn && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
  }

  // A kernel is idle for a moment between two cells of Run All, so the queue of cells counts as well.
  function idle() {
    const waiting = cell => cell.model.type === 'code' && (cell.model.executionState ?? 'idle') !== 'idle';
    return current().sessionContext.session?.kernel?.status === 'idle' && !cells().some(waiting);
  }

  // Write the ids on the nodes, where the test can find them.
  const tag = () => cells().forEach(cell => (cell.node.dataset.cellId = cell.model.id));

  function select(id) {
    current().content.activeCellIndex = cells().findIndex(cell => cell.model.id === id);
  }

  const states = () =>
    cells().map(({ model }) => ({
      id: model.id,
      type: model.type,
      source: model.sharedModel.getSource(),
      metadata: model.toJSON().metadata,
      count: model.executionCount ?? null,
      outputs: model.outputs?.toJSON() ?? []
    }));

  // Failures that only the page knows: inside widgets, and in formulas and diagrams.
  function shown() {
    const bad = [
      '.jupyter-widgets-error-widget',
      '.jupyter-widgets [data-mime-type="application/vnd.jupyter.error"]',
      '.jupyter-widgets [data-mime-type="application/vnd.jupyter.stderr"]',
      '.jp-RenderedMermaid.jp-mod-warning',
      'mjx-merror',
      'mjx-assistive-mml mtext[mathcolor="red"]' // a command that MathJax does not know
    ];
    const texts = [...current().node.querySelectorAll(bad)].map(node => node.textContent.trim());
    const outputs = cells().flatMap(outputsOf).map(node => node.textContent.trim());
    return texts.concat(outputs.filter(text => /^Error (displaying|rendering)|^Loading widget/.test(text)));
  }

  // One colour all over: a figure that was never drawn.
  function blank(img) {
    const canvas = Object.assign(document.createElement('canvas'), { width: img.naturalWidth, height: img.naturalHeight });
    const pen = canvas.getContext('2d');
    pen.drawImage(img, 0, 0);
    try {
      const pixels = new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      return pixels.every(pixel => pixel === pixels[0]);
    } catch {
      return false; // a picture from another server is kept from us; asking for it is reported anyway
    }
  }

  async function pictures() {
    const found = [];
    for (const cell of cells())
      for (const img of outputsOf(cell).flatMap(node => [...node.querySelectorAll('img')])) {
        const decoded = await img.decode().then(() => img.naturalWidth > 0, () => false);
        found.push({ cell: cell.model.id, alt: img.alt.trim(), decoded, blank: decoded && blank(img) });
      }
    return found;
  }

  // JupyterLab draws a diagram in the colours of the theme of that moment and keeps it until the text changes.
  async function redrawDiagrams() {
    const diagram = cell => cell.node.querySelector('.jp-RenderedMermaid');
    for (const cell of cells().filter(cell => cell.model.type === 'markdown' && diagram(cell))) {
      const old = diagram(cell);
      cell.rendered = false;
      cell.model.sharedModel.setSource(cell.model.sharedModel.getSource() + '\n');
      cell.rendered = true;
      for (let i = 0; i < 100 && [old, null].includes(diagram(cell)); i++)
        await new Promise(later => setTimeout(later, 50));
    }
  }

  window.lesson = { heard, executed, ready, idle, tag, select, states, shown, pictures, redrawDiagrams };
})();
