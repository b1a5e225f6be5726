import { launch, type Browser as PuppeteerBrowser, type Page as PuppeteerPage } from 'puppeteer-core';
import { required } from '../programs.js';
import type { Browser, Page } from './browser.js';

export interface PuppeteerOptions {
  /** Flags of the command line. */
  readonly flags?: readonly string[];
  /** Of about:config; Firefox only. */
  readonly preferences?: Readonly<Record<string, boolean | number | string>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A page with all that puppeteer can do to it. */
export interface DrivenPage extends Page {
  readonly driver: PuppeteerPage;
}

export interface DrivenBrowser extends Browser {
  readonly driver: PuppeteerBrowser;
  open(url: string): Promise<DrivenPage>;
}

const CHROMIUM_FLAGS = [
  '--no-sandbox', // tests run as root in containers
  '--disable-dev-shm-usage',
];

function listenForProblems(page: PuppeteerPage, problems: string[]): void {
  page.on('pageerror', (error) => problems.push(`page error: ${error instanceof Error ? error.message : error}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url ?? ''}`);
  });
}

function drive(page: PuppeteerPage): DrivenPage {
  return {
    driver: page,
    evaluate: async <A extends unknown[], R>(call: (...args: A) => R | Promise<R>, ...args: A) =>
      (await page.evaluate(`(${call})(...${JSON.stringify(args)})`)) as R,
    screenshot: () => page.screenshot({ fullPage: true }),
  };
}

/** Debian's Chromium over the DevTools protocol, or its Firefox over WebDriver BiDi. */
export async function openPuppeteer(
  name: 'chromium' | 'firefox',
  { flags = [], preferences = {}, env = {} }: PuppeteerOptions = {},
): Promise<DrivenBrowser> {
  const isFirefox = name === 'firefox';
  const driver = await launch({
    browser: isFirefox ? 'firefox' : 'chrome',
    executablePath: required(isFirefox ? 'firefox-esr' : name),
    headless: true,
    args: isFirefox ? [...flags] : [...CHROMIUM_FLAGS, ...flags],
    extraPrefsFirefox: preferences,
    env: { ...process.env, ...env },
    protocolTimeout: 120_000,
    timeout: 60_000,
  });
  const problems: string[] = [];
  return {
    driver,
    problems,
    async open(url) {
      const page = await driver.newPage();
      listenForProblems(page, problems);
      await page.goto(url, { waitUntil: 'load' });
      return drive(page);
    },
    close: () => driver.close(),
  };
}
