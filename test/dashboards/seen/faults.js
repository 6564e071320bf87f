// Finds what is wrong with a dashboard as it is shown. The function runs in the page, so it uses nothing from outside.
export function findFaults({ mayBeEmpty, mustBeEmpty, mustSay }) {
  const faults = [];

  /** Says whether the text of an element is cut off by the element or by something around it. */
  function isCut(element, within) {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (node.data.trim() === '') continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect();
      for (let box = node.parentElement; box && box !== within.parentElement; box = box.parentElement) {
        const clips = getComputedStyle(box).overflow !== 'visible' || box === within;
        const edge = box.getBoundingClientRect();
        if (clips && (text.left < edge.left - 1 || text.right > edge.right + 1 || text.top < edge.top - 3 || text.bottom > edge.bottom + 3)) return true;
      }
    }
    return false;
  }

  /** The number at the beginning of a tick's text. */
  const number = (text) => Number(/^-?[0-9.]+/.exec(text.replace('−', '-'))?.[0] ?? NaN);
  const unit = (text) => text.replace(/^[-−]?[0-9.]+/, '').trim();

  /** Says what is odd about the ticks of an axis, from the bottom up. */
  function oddTicks(texts) {
    if (texts.length < 2) return 'fewer than two ticks';
    if (new Set(texts).size < texts.length) return `the same tick twice: ${texts}`;
    const numbers = texts.map(number);
    if (numbers.some(Number.isNaN)) return '';
    if (texts.every((text) => text.endsWith('%')) && Math.max(...numbers) > 1000) return `up to ${texts.at(-1)}`;
    for (let i = 1; i < texts.length; i++) {
      if (numbers[i - 1] !== 0 && unit(texts[i]) !== unit(texts[i - 1])) continue;
      const [digits] = Math.abs(numbers[i] - numbers[i - 1]).toExponential(6).split('e');
      const step = Number(digits);
      const binary = Math.abs(numbers[i] - numbers[i - 1]);
      const round = [1, 2, 2.5, 5].some((one) => Math.abs(step - one) < 1e-6) || (/iB$/.test(texts.at(-1)) && Number.isInteger(Math.log2(binary)));
      if (!round) return `a step from ${texts[i - 1]} to ${texts[i]}`;
    }
    return '';
  }

  function look(section) {
    const { title, type, novalue } = section.dataset;
    const fault = (kind, what) => faults.push({ kind, panel: title, what });
    const heading = section.querySelector('h2');
    if (!heading || isCut(heading, heading.parentElement)) fault('title', 'the title is cut');
    if (type === 'row') return;

    const shown = section.querySelector('.visualization');
    const says = shown.textContent.trim();
    const empty = shown.dataset.empty === 'true' || (type === 'table' && !shown.querySelector('[role=gridcell]'));
    if (says === '' && !shown.querySelector('canvas, svg')) return fault('blank', 'there is nothing at all');
    if (empty && !says.includes(novalue)) fault('empty', `it is empty and says ${JSON.stringify(says)}`);
    if (empty && !mayBeEmpty.includes(title)) fault('empty', `it is empty although there is data: ${says}`);
    if (!empty && mustBeEmpty && mustSay[title] === undefined) fault('comfort', `it shows something although there is no data: ${says}`);
    if (mustSay[title] && !says.includes(mustSay[title])) fault('comfort', `it does not say ${JSON.stringify(mustSay[title])}`);

    if (type === 'stat') {
      if (isCut(shown, section)) fault('cut', `the value is cut: ${says}`);
      for (const part of shown.querySelectorAll('span, div')) {
        const own = [...part.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');
        if (own && parseFloat(getComputedStyle(part).fontSize) < 9) fault('small', `too small to read: ${part.textContent}`);
      }
      // Gray: neither good nor bad. Grafana would use the color of the lowest threshold, mostly green.
      const color = shown.querySelector('[style*=background]')?.style.background ?? '';
      const [red, green, blue] = /rgb\((\d+), (\d+), (\d+)\)/.exec(color)?.slice(1).map(Number) ?? [0, 0, 0];
      if (empty && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) fault('comfort', `it has no data and the color ${color}`);
    }
    if (type === 'table' && !empty) {
      const grid = shown.querySelector('[role=grid], [role=treegrid]');
      if (grid.scrollWidth > grid.clientWidth + 1) fault('columns', `columns are off screen: ${grid.scrollWidth} of ${grid.clientWidth} px`);
      for (const header of grid.querySelectorAll('[role=columnheader]')) {
        if (isCut(header, header)) fault('header', `the header ${JSON.stringify(header.textContent)} is cut`);
      }
      for (const cell of grid.querySelectorAll('[role=gridcell]')) {
        const text = cell.textContent.trim();
        if (text === '') fault('cell', 'a cell is blank');
        if (text === novalue) fault('cell', `a cell says ${JSON.stringify(text)}`);
        if (/^[0-9a-f]{32}in\d\d|^dds-/.test(text)) fault('id', `a cell shows the id ${text}`);
        if (/^-[0-9.]+ (ms|s|mins?|hours?|days?|weeks?)$/.test(text)) fault('negative', `a cell says ${text}`);
        // The last visible row may be cut by the panel's edge.
        const box = cell.getBoundingClientRect();
        if (box.bottom <= grid.getBoundingClientRect().bottom && isCut(cell, cell)) fault('cell', `a cell is cut: ${text}`);
      }
    }
    if (type === 'timeseries' && !empty) {
      const canvas = shown.querySelector('canvas');
      const drawn = canvas?.drawn ?? [];
      if (drawn.length === 0) return fault('blank', 'there is no chart');
      const ticks = drawn.filter(({ align }) => align === 'right').sort((a, b) => b.y - a.y);
      const odd = oddTicks(ticks.map(({ text }) => text));
      if (odd) fault('axis', odd);
      for (const { text, x } of drawn) if (x < 0 || x > canvas.width) fault('axis', `the tick ${text} is off the chart`);
    }
    if (type === 'timeseries' || type === 'state-timeline') {
      const id = /[0-9a-f]{32}in\d\d|dds-[0-9a-z]+/.exec(says);
      if (id) fault('id', `it shows the id ${id[0]}`);
    }
    if (type === 'state-timeline' && [...shown.querySelectorAll('.state-name')].some((name) => isCut(name, section))) {
      fault('cut', 'a name is cut');
    }
  }

  for (const section of document.querySelectorAll('section[data-type]')) look(section);
  return faults;
}
