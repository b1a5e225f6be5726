import { element } from './dom.js';

/** Files that are chosen, or dropped anywhere on the page. */
export function onFiles(take: (files: readonly File[]) => void): void {
  const input = element('#file', HTMLInputElement);
  element('#open', HTMLButtonElement).onclick = () => input.click();
  input.onchange = () => {
    take([...(input.files ?? [])]);
    input.value = ''; // the same file can be chosen again
  };

  const sign = element('#drop', HTMLElement);
  const isOfFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragover', (event) => {
    if (!isOfFiles(event)) return;
    event.preventDefault();
    sign.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) sign.hidden = true;
  });
  addEventListener('drop', (event) => {
    sign.hidden = true;
    if (!isOfFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer!.files]);
  });
}
