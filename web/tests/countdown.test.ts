import { describe, expect, it } from 'vitest';
import { ServerClock } from '../src/api/clock';
import { formatLeft, shareLeft, spokenLeft, timeLeft } from '../src/domain/countdown';

const END = '2026-12-01T12:10:00Z';
const START = '2026-12-01T12:00:00Z';
const at = (text: string): number => Date.parse(text);

describe('countdown', () => {
  it('ends at zero and stays there', () => {
    expect(timeLeft(END, at('2026-12-01T12:09:59.500Z'))).toBe(500);
    expect(timeLeft(END, at('2026-12-01T13:00:00Z'))).toBe(0);
    expect(timeLeft('nonsense', 0)).toBe(0);
  });

  it('shows a begun second, so that 0:00 means over', () => {
    expect(formatLeft(600_000)).toBe('10:00');
    expect(formatLeft(599_001)).toBe('10:00');
    expect(formatLeft(1)).toBe('0:01');
    expect(formatLeft(0)).toBe('0:00');
    expect(formatLeft(3_661_000)).toBe('1:01:01');
  });

  it('gives the ring its share', () => {
    expect(shareLeft(START, END, at(START))).toBe(1);
    expect(shareLeft(START, END, at('2026-12-01T12:05:00Z'))).toBe(0.5);
    expect(shareLeft(START, END, at('2026-12-01T14:00:00Z'))).toBe(0);
    expect(shareLeft(END, START, at(START))).toBe(0);
  });

  it('speaks rarely', () => {
    const said = new Set(Array.from({ length: 601 }, (_, second) => spokenLeft(second * 1000)));
    expect(said.size).toBe(5);
  });
});

describe('the server clock', () => {
  it('leaves the local clock alone while both may agree', () => {
    const clock = new ServerClock(() => 0);
    clock.observe('Tue, 01 Dec 2026 12:00:00 GMT', at('2026-12-01T12:00:00.100Z'), at('2026-12-01T12:00:00.150Z'));
    expect(clock.offset()).toBe(0);
  });

  it('narrows the difference with each answer', () => {
    const clock = new ServerClock(() => 0);
    const ahead = 90_000;
    for (const fraction of [0, 250, 500, 750, 990]) {
      const server = at('2026-12-01T12:00:00Z') + fraction;
      const local = server - ahead;
      clock.observe(new Date(Math.floor(server / 1000) * 1000).toUTCString(), local - 10, local + 10);
    }
    expect(Math.abs(clock.offset() - ahead)).toBeLessThan(30);
  });

  it('starts over when a clock was set, and ignores what is no date', () => {
    const clock = new ServerClock(() => 0);
    clock.observe('Tue, 01 Dec 2026 12:00:00 GMT', 0, 10);
    clock.observe('Tue, 01 Dec 2026 15:00:00 GMT', 0, 10);
    clock.observe('nonsense', 0, 10);
    clock.observe(null, 0, 10);
    expect(Math.abs(clock.offset() - at('2026-12-01T15:00:00Z'))).toBeLessThan(1001);
  });
});
