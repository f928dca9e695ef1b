/** Parts of a whole as people type them and as the server has them: in hundredths of a
 *  percent, so that 12.5 % is a whole number too. */

const MOST = 100_000;

/** "12.5" for 1250. */
export function percentInput(bp: number): string {
  return String(bp / 100);
}

/** "12.5 %", "−10 %" */
export function percentText(bp: number): string {
  return `${bp < 0 ? '−' : ''}${Math.abs(bp) / 100} %`;
}

/** What a person typed, in hundredths of a percent; null when it is no such part. */
export function parsePercent(text: string): number | null {
  const match = /^([+−-]?)(\d{1,4})(?:[.,](\d{1,2}))?$/.exec(text.trim().replace(/\s*%$/, ''));
  if (!match) return null;
  const size = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  if (size > MOST) return null;
  return match[1] === '-' || match[1] === '−' ? (size === 0 ? 0 : -size) : size;
}
