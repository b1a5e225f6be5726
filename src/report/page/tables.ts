/** Runs in the page: tables that sort by a click on a title, and show the rows that hold a text or a failure. */

/** More than a latency in ms ever is: a cell with a failure lies above those without. */
const FAILURE = 1e6;

/** A result's place: its failures, then the number that its text begins with, then what has none. */
function orderOf(cell: HTMLTableCellElement): number {
  const number = Number.parseFloat(textOf(cell));
  const failures = cell.className === 'bad' ? Number(cell.dataset.failures ?? 1) : 0;
  return FAILURE * failures + (Number.isNaN(number) ? -FAILURE / 2 : number);
}

const textOf = (cell: HTMLTableCellElement) => cell.textContent ?? '';

function sort(table: HTMLTableElement, column: number, descending: boolean): void {
  const [body] = table.tBodies;
  const rows = [...body.rows];
  const results = rows.some(
    ({ cells }) => cells[column].className === 'bad' || /^-?\d+ ms/.test(textOf(cells[column])),
  );
  rows.sort((a, b) =>
    results
      ? orderOf(a.cells[column]) - orderOf(b.cells[column])
      : textOf(a.cells[column]).localeCompare(textOf(b.cells[column]), undefined, { numeric: true }),
  );
  body.append(...(descending ? rows.reverse() : rows));
}

function makeSortable(table: HTMLTableElement): void {
  const titles = [...(table.tHead?.rows[0].cells ?? [])];
  titles.forEach((title, column) => {
    const button = document.createElement('button');
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener('click', () => {
      const descending = title.getAttribute('aria-sort') === 'ascending';
      titles.forEach((other) => other.removeAttribute('aria-sort'));
      title.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      sort(table, column, descending);
    });
  });
}

function makeFilter(table: HTMLTableElement): void {
  const search = document.createElement('input');
  search.type = 'search';
  search.placeholder = 'part of a name';
  const failed = document.createElement('input');
  failed.type = 'checkbox';
  const count = document.createElement('output');
  const rows = [...table.tBodies[0].rows];
  const apply = () => {
    const part = search.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const holds = `${row.cells[0].title} ${row.textContent}`.toLowerCase().includes(part);
      row.hidden = !holds || (failed.checked && !row.querySelector('.bad'));
      if (!row.hidden) shown++;
    }
    count.textContent = shown === rows.length ? '' : `${shown} of ${rows.length}`;
  };
  search.addEventListener('input', apply);
  failed.addEventListener('change', apply);

  const bar = document.createElement('div');
  bar.className = 'filter';
  const labelled = (text: string, input: HTMLElement, after: boolean) => {
    const label = document.createElement('label');
    label.append(...(after ? [input, ` ${text}`] : [`${text} `, input]));
    return label;
  };
  bar.append(labelled('Show', search, false), labelled('with a miss or an alarm only', failed, true), count);
  (table.closest('.scroll') ?? table).before(bar);
}

for (const table of document.querySelectorAll<HTMLTableElement>('table.files')) {
  makeSortable(table);
  makeFilter(table);
}
