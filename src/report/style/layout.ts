/** The page, its text and its headline. Nothing is fetched: fonts are those of the system. */
const css = String.raw;

export const LAYOUT = css`
  * {
    box-sizing: border-box;
  }
  body {
    margin: 0 auto;
    padding: 2rem 1.25rem 4rem;
    max-width: 68rem;
    background: var(--ground);
    color: var(--ink);
    font:
      1rem/1.5 system-ui,
      sans-serif;
    font-variant-numeric: tabular-nums;
    overflow-wrap: break-word;
  }
  h1 {
    margin: 0 0 0.25rem;
    font-size: 1.75rem;
    line-height: 1.2;
  }
  h2 {
    margin: 3rem 0 0.5rem;
    padding-top: 0.75rem;
    border-top: 1px solid var(--rule);
    font-size: 1.4rem;
  }
  h3 {
    margin: 2.25rem 0 0.5rem;
    font-size: 1.1rem;
  }
  h4 {
    margin: 1.25rem 0 0.5rem;
    font-size: 1rem;
  }
  p {
    margin: 0.5rem 0;
    max-width: 46rem;
  }
  .note,
  figcaption,
  caption,
  dl {
    color: var(--faint);
    font-size: 0.875rem;
  }
  dl {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 0 1rem;
  }
  dd {
    margin: 0;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  nav ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1.25rem;
    padding: 0;
    list-style: none;
  }
  a {
    color: var(--hue-0);
  }
  .headline {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr));
    gap: 0.75rem;
    margin: 1rem 0;
  }
  .card {
    margin: 0;
    padding: 0.75rem 1rem;
    background: var(--raised);
    border-radius: 0.5rem;
  }
  .card strong {
    font-size: 1.75rem;
    line-height: 1.2;
  }
  .card b {
    font-weight: 400;
  }
  .card span {
    display: block;
    color: var(--faint);
    font-size: 0.875rem;
  }
  .limits {
    padding-left: 0.75rem;
    border-left: 3px solid var(--rule);
  }
`;
