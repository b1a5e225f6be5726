/** Tables, charts, failures, and all of it on paper. */
const css = String.raw;

export const PARTS = css`
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    font-size: 0.875rem;
  }
  caption {
    max-width: min(46rem, calc(100vw - 2.5rem));
    padding: 0.25rem 0;
    text-align: left;
  }
  .scroll > table {
    margin: 0.5rem 0;
    min-width: min(100%, 32rem);
  }
  th,
  td {
    padding: 0.2rem 0.75rem;
    border-bottom: 1px solid var(--rule);
    text-align: left;
    vertical-align: top;
    white-space: nowrap;
  }
  th {
    font-weight: 600;
  }
  thead th {
    border-bottom-color: var(--faint);
  }
  th[colspan] {
    border-left: 1px solid var(--rule);
  }
  tbody th {
    font-weight: 400;
  }
  .figures td,
  .figures thead th:not(.name, [colspan]) {
    text-align: right;
  }
  .marked > * {
    background: var(--raised);
    font-weight: 600;
  }
  .bad {
    color: var(--bad);
  }
  .files td:first-child {
    max-width: 24rem;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .files button {
    padding: 0;
    border: 0;
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  [aria-sort='ascending'] button::after {
    content: ' ▲';
  }
  [aria-sort='descending'] button::after {
    content: ' ▼';
  }
  .filter {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.25rem;
    align-items: center;
    margin: 0.75rem 0;
    font-size: 0.875rem;
  }
  .filter input[type='search'] {
    width: 16rem;
    max-width: 100%;
    padding: 0.3rem 0.5rem;
    font: inherit;
  }
  summary {
    padding: 0.25rem 0;
    cursor: pointer;
  }
  details > summary:focus-visible,
  .scroll:focus-visible,
  button:focus-visible,
  .u-series th:focus-visible {
    outline: 2px solid var(--hue-0);
    outline-offset: 2px;
  }
  figure {
    margin: 0.5rem 0;
    min-width: 0;
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
    gap: 1rem;
  }
  .failures {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
    gap: 1rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .failures li {
    min-width: 0;
    padding: 0.75rem;
    background: var(--raised);
    border-radius: 0.5rem;
    break-inside: avoid;
  }
  .failures p {
    margin: 0;
    font-size: 0.875rem;
    overflow-wrap: anywhere;
  }
  .failures span {
    color: var(--faint);
  }
  audio {
    display: block;
    width: 100%;
    height: 2.25rem;
  }
  .words {
    min-width: 54rem;
  }
  .words td {
    white-space: normal;
  }
  .u-legend.u-inline {
    margin: 0.25rem 0 0;
    text-align: left;
    white-space: normal;
  }
  .u-legend th,
  .u-legend td {
    padding: 0 0.25rem;
    font-weight: 400;
    border: 0;
  }
  .u-legend.u-inline.u-live th::after {
    content: none;
  }
  .u-legend.u-inline {
    font-size: 0.8125rem;
  }
  .u-legend .u-series:first-child:has(.u-value:empty) {
    display: none;
  }
  .u-legend .u-marker {
    border-top-width: 3px !important;
    border-bottom: 0 !important;
    border-left: 0 !important;
    border-right: 0 !important;
    height: 0;
    width: 1.5em;
  }
  @media print {
    body {
      max-width: none;
      padding: 0;
      font-size: 10pt;
    }
    audio,
    .filter {
      display: none;
    }
    .scroll {
      overflow: visible;
    }
    .words {
      min-width: 0;
    }
    th,
    td {
      padding: 0.1rem 0.3rem;
      font-size: 7.5pt;
      white-space: normal;
    }
    h2,
    h3,
    h4 {
      break-after: avoid;
    }
    figure,
    tr {
      break-inside: avoid;
    }
  }
`;
