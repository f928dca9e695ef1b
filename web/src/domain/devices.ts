/** "Firefox on Linux" of a browser's own long name; the start of it when it is an odd one. */
export function deviceName(userAgent: string | null | undefined): string {
  if (!userAgent) return 'An unknown device';
  const browser =
    /\b(Edg|OPR|Firefox|FxiOS|CriOS|SamsungBrowser)\//.exec(userAgent)?.[1] ??
    (/Chrom(e|ium)\//.test(userAgent) ? 'Chrome' : /\bVersion\/.*Safari\//.test(userAgent) ? 'Safari' : null);
  const name = browser === null ? null : (NAMES[browser] ?? browser);
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  if (name === null) return userAgent.slice(0, 40);
  return system ? `${name} on ${system}` : name;
}

const NAMES: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', FxiOS: 'Firefox', CriOS: 'Chrome', SamsungBrowser: 'Samsung Internet' };

const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
];

const relative = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });

/** "5 minutes ago", "yesterday", or the day when it is long ago. Never in the future: clocks
 *  differ a little. */
export function ago(instant: string, now: number): string {
  const at = Date.parse(instant);
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), 'hour');
  if (seconds < 7 * 86_400) return relative.format(-Math.floor(seconds / 86_400), 'day');
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}
