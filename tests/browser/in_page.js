// Runs in the page before JupyterLab does.  Cell ids, execution counts and kernel messages are not in the DOM;
// they are read from window.jupyterapp (jupyter lab --expose-app-in-browser).
(() => {
  if (window.top !== window) return;

  const heard = []; // errors and stderr lines from the kernel, wherever they are shown, or not shown
  const asked = new Map(); // the cell that each execution was asked for, by message
  const ran = new Set(); // cells that the kernel has run since the last forget()
  let listening; // the context whose kernel is heard

  const current = () => window.jupyterapp?.shell?.currentWidget;
  const cells = () => current().content.widgets;
  const outputsOf = cell => [...cell.node.querySelectorAll('.jp-OutputArea-output')];

  // On every start JupyterLab's widget manager opens the comm 'jupyter.widget.control' before a cell has imported
  // ipywidgets, and the kernel answers on stderr that there is no such comm.  Only these lines are no errors.
  function listen(context) {
    const control = new Set();
    const watch = kernel =>
      kernel?.anyMessage.connect((_, { direction, msg }) => {
        if (direction !== 'send') return;
        const { msg_type, msg_id } = msg.header;
        if (msg_type === 'execute_request') asked.set(msg_id, msg.metadata.cellId);
        if (msg_type === 'comm_open' && msg.content.target_name === 'jupyter.widget.control')
          control.add(msg.content.comm_id);
      });
    const fromStart = line => {
      const id = /^No such comm: (\S+)$/.exec(line)?.[1];
      const target = line === 'No such comm target registered: jupyter.widget.control';
      return target || (id && (control.has(id) || ran.size === 0));
    };
    watch(context.session?.kernel);
    context.kernelChanged.connect((_, change) => watch(change.newValue));
    context.iopubMessage.connect((_, { header, content, parent_header }) => {
      if (header.msg_type === 'execute_input') ran.add(asked.get(parent_header.msg_id));
      if (header.msg_type === 'error') heard.push(`${content.ename}: ${content.evalue}`);
      if (header.msg_type === 'stream' && content.name === 'stderr')
        for (const line of content.text.split('\n').map(text => text.trim()))
          if (line && !fromStart(line)) heard.push(`stderr: ${line.slice(0, 200)}`);
    });
  }
  function look() {
    const context = current()?.sessionContext;
    if (context && context !== listening) {
      listening = context;
      heard.length = 0;
      asked.clear();
      ran.clear();
      listen(context);
    }
    setTimeout(look, listening ? 100 : 5); // at once behind the opening: the first messages count
  }
  look();

  // In the place of all that is open: an empty window has shown the launcher.
  async function open(path) {
    const doc = await window.jupyterapp.commands.execute('docmanager:open', { path });
    for (const widget of [...window.jupyterapp.shell.widgets('main')]) if (widget !== doc) widget.dispose();
  }

  function close() {
    window.lesson.seen?.stop();
    listening = undefined;
    for (const widget of [...window.jupyterapp.shell.widgets('main')]) widget.dispose();
    if (window.jupyterapp.shell.leftCollapsed) window.jupyterapp.commands.execute('application:toggle-left-area');
  }

  function ready(path) {
    const doc = current();
    const context = doc?.sessionContext;
    if (!context || context !== listening || doc.context?.path !== path) return false;
    if (!doc.context.isReady || !context.isReady) return false;
    const kernel = doc.sessionContext.session?.kernel;
    const drawn = cells().length > 0 && cells().every(cell => cell.node.isConnected && !cell.isPlaceholder());
    return drawn && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
  }

  // A kernel is idle for a moment between two cells of Run All, so the queue of cells counts as well.
  function idle() {
    const waiting = cell => cell.model.type === 'code' && (cell.model.executionState ?? 'idle') !== 'idle';
    return current().sessionContext.session?.kernel?.status === 'idle' && !cells().some(waiting);
  }

  const cellOf = id => cells().find(cell => cell.model.id === id);
  const setSource = (id, source) => cellOf(id).model.sharedModel.setSource(source);

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
      verdict: (model.outputs?.toJSON() ?? [])
        .map(output => output.data?.['application/vnd.hyperlib.verdict+json'])
        .find(Boolean),
      errors: (model.outputs?.toJSON() ?? []).filter(output => output.output_type === 'error')
    }));

  // Failures that only the page knows: inside widgets, and in formulas.
  function shown() {
    const bad = [
      '.jupyter-widgets-error-widget',
      '.jupyter-widgets [data-mime-type="application/vnd.jupyter.error"]',
      '.jupyter-widgets [data-mime-type="application/vnd.jupyter.stderr"]',
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

  // The controls of an interactive picture with the values beside them, and the picture that is shown with them.
  function interactive(id) {
    const output = cellOf(id).node.querySelector('.jp-OutputArea');
    const values = [...output.querySelectorAll('[role=slider], select')].map(control =>
      control.tagName === 'SELECT'
        ? control.selectedOptions[0].textContent
        : control.closest('.widget-slider').querySelector('.widget-readout').textContent
    );
    const img = output.querySelector('.jupyter-widgets img');
    return { values, src: img?.src, alt: img?.alt, text: output.innerText };
  }

  // From now on, when a key went down and when another picture was there, decoded, in the cell's output.
  function watch(id) {
    window.lesson.seen?.stop();
    const output = cellOf(id).node.querySelector('.jp-OutputArea');
    const seen = { keys: [], pictures: [] };
    const key = event => seen.keys.push(event.timeStamp);
    let last = output.querySelector('.jupyter-widgets img')?.src;
    const observer = new MutationObserver(async () => {
      const img = output.querySelector('.jupyter-widgets img');
      if (!img || img.src === last) return;
      last = img.src;
      await img.decode().catch(() => {});
      seen.pictures.push(performance.now());
    });
    observer.observe(output, { childList: true, subtree: true, attributes: true, attributeFilter: ['src'] });
    document.addEventListener('keydown', key, true);
    seen.stop = () => {
      observer.disconnect();
      document.removeEventListener('keydown', key, true);
    };
    window.lesson.seen = seen;
  }

  // The value of an expression in the lesson's kernel; nothing of it is shown or counted.
  async function evaluate(code, expression) {
    const { kernel } = current().sessionContext.session;
    const user_expressions = { value: expression };
    const future = kernel.requestExecute({ code, silent: true, store_history: false, user_expressions });
    const { content } = await future.done;
    return content.status === 'ok' ? content.user_expressions.value : content;
  }

  const forget = () => ran.clear();
  const haveRun = () => [...ran];
  const found = { heard, open, close, ready, idle, tag, select, states, setSource, shown, pictures };
  window.lesson = { ...found, forget, haveRun, interactive, watch, evaluate };
})();
