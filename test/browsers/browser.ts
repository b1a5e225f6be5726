import { setTimeout as sleep } from 'node:timers/promises';
import { missing } from '../programs.js';
import { openPuppeteer, type PuppeteerOptions } from './puppeteer.js';
import { openSite, type Site, type SiteOptions } from './site.js';
import { missingWebKit, openWebKit } from './webkitgtk.js';

/** Milliseconds that reports of violations may still be on their way. */
const REPORTS = 300;

export const BROWSERS = ['chromium', 'firefox', 'webkitgtk'] as const;
export type BrowserName = (typeof BROWSERS)[number];

/** A page that is loaded. */
export interface Page {
  /** Calls a function inside the page, whose code, arguments and answer travel as text and JSON: it sees nothing of its file. */
  evaluate<A extends unknown[], R>(call: (...args: A) => R | Promise<R>, ...args: A): Promise<R>;
  /** A PNG. */
  screenshot(): Promise<Uint8Array>;
}

/** A browser with a profile of its own. */
export interface Browser {
  open(url: string): Promise<Page>;
  /** Errors that pages met or wrote on their console, as far as the driver tells. */
  readonly problems: readonly string[];
  /** Ends it with all its processes, and removes its profile. */
  close(): Promise<void>;
}

export type BrowserOptions = PuppeteerOptions;

/** Why tests in a browser are skipped; see `missing`. */
export function missingBrowser(name: BrowserName): string | false {
  if (name === 'webkitgtk') return missingWebKit();
  return missing(name === 'firefox' ? 'firefox-esr' : name);
}

/** Starts an installed browser without a window. */
export function openBrowser(name: BrowserName, options: BrowserOptions = {}): Promise<Browser> {
  return name === 'webkitgtk' ? openWebKit(options.env) : openPuppeteer(name, options);
}

export interface VisitOptions extends SiteOptions, BrowserOptions {
  /** Problems that belong to the test. */
  readonly expected?: RegExp;
}

/**
 * Serves files, opens their page '/' in a browser, and closes both, whatever `work` does.
 *
 * @throws Error for violations of the policy, missing files and errors of the page, when `work` has thrown nothing itself
 */
export async function visit(
  name: BrowserName,
  options: VisitOptions,
  work: (page: Page, site: Site) => Promise<void>,
): Promise<void> {
  const site = await openSite(options);
  try {
    const browser = await openBrowser(name, options);
    try {
      await work(await browser.open(`${site.url}/`), site);
      await sleep(REPORTS);
      const all = [...site.problems, ...browser.problems];
      const problems = all.filter((problem) => !options.expected?.test(problem));
      if (problems.length > 0) throw new Error(`${name}: ${problems.join('\n')}`);
    } finally {
      await browser.close();
    }
  } finally {
    await site.close();
  }
}
