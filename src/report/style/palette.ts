/**
 * Colours, light and dark by the reader's preference, light on paper. Hues are those of Okabe and Ito's "Color
 * Universal Design", darkened on white and lightened on black until each has 3 : 1 against its ground (WCAG 2.1,
 * 1.4.11).
 */
const css = String.raw;

export const PALETTE = css`
  :root {
    color-scheme: light;
    --ground: #fff;
    --raised: #f5f6f7;
    --ink: #1b1f24;
    --faint: #5b6570;
    --rule: #d8dde2;
    --grid: #e7eaed;
    --shade: rgb(0 90 160 / 9%);
    --bad: #a82a00;
    --hue-0: #0072b2;
    --hue-1: #c4500a;
    --hue-2: #008562;
    --hue-3: #b0508c;
    --hue-4: #8a6d00;
    --hue-5: #2f83b5;
    --hue-6: #5b6570;
  }
  @media screen and (prefers-color-scheme: dark) {
    :root:not(.paper) {
      color-scheme: dark;
      --ground: #14171a;
      --raised: #1e2327;
      --ink: #e6e9ec;
      --faint: #9aa5b0;
      --rule: #363d44;
      --grid: #272d32;
      --shade: rgb(120 190 255 / 13%);
      --bad: #ff9b73;
      --hue-0: #56b4e9;
      --hue-1: #f08a4b;
      --hue-2: #2fbf98;
      --hue-3: #dc92bb;
      --hue-4: #d8b93c;
      --hue-5: #8fc7ee;
      --hue-6: #9aa5b0;
    }
  }
`;
