import { describe, expect, it } from 'vitest';
import { Problem } from '../src/api/problem';
import { ago, deviceName } from '../src/domain/devices';
import { countText, notice, turned } from '../src/domain/notices';
import { moved, photoFault, turnedTo } from '../src/domain/photos';
import { stepsOf } from '../src/domain/steps';
import { safeNext, signInTrouble, waitText } from '../src/domain/trouble';
import { OpsClient } from '../src/ops/client';
import { NO_REPLAY, bytes, readReplay, span } from '../src/ops/words';

describe('a refused sign-in', () => {
  const refused = (status: number, code: string, retryAfter?: number) => new Problem(status, { code }, retryAfter);

  it('is told by its cause', () => {
    expect(signInTrouble(null)).toBeNull();
    expect(signInTrouble(refused(401, 'invalid-credentials'))).toEqual({ kind: 'wrong' });
    expect(signInTrouble(refused(403, 'email-unverified'))).toEqual({ kind: 'unverified' });
    expect(signInTrouble(refused(403, 'suspended'))).toEqual({ kind: 'suspended' });
    expect(signInTrouble(refused(429, 'rate-limited', 600))).toEqual({ kind: 'wait', text: 'Try again in 10 minutes.' });
    expect(signInTrouble(refused(500, 'internal'))).toEqual({ kind: 'other' });
  });

  it('tells a wait that is never too short', () => {
    expect([0, 1, 45, 89, 90, 121, 6000].map(waitText)).toEqual(['1 second', '1 second', '45 seconds', '89 seconds', '2 minutes', '3 minutes', '2 hours']);
  });

  it('goes on only within this site', () => {
    expect(safeNext('/bookings?x=1')).toBe('/bookings?x=1');
    for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/\n/evil']) expect(safeNext(bad)).toBe('/');
  });
});

describe('notifications', () => {
  const stay = { booking_id: 'bkg_1', property_id: 'prp_1', check_in: '2026-05-04', check_out: '2026-05-07' };

  it('say what happened and lead there', () => {
    expect(notice({ kind: 'booking.confirmed', data: stay, property_title: 'Mill flat' })).toMatchObject({ title: 'Booking confirmed', link: '/bookings/bkg_1' });
    expect(notice({ kind: 'booking.confirmed', data: stay, property_title: 'Mill flat' }).text).toMatch(/^Mill flat, 4/);
    expect(notice({ kind: 'property.rejected', data: { property_id: 'prp_1', reason: 'no photos' }, property_title: 'Mill flat' })).toEqual({
      title: 'Your listing needs another look', text: 'Mill flat: no photos', link: '/landlord/prp_1',
    });
    expect(notice({ kind: 'booking.late_payment_resolved', data: { ...stay, reacquired: false } }).title).toContain('money goes back');
  });

  it('tell an unknown kind by its name', () => {
    expect(notice({ kind: 'visit.moved_again', data: {} })).toEqual({ title: 'Visit moved again', text: '', link: null });
  });

  it('count up to what fits', () => {
    expect([1, 99, 100].map(countText)).toEqual(['1', '99', '99+']);
  });

  it('turn one switch, and none that is locked', () => {
    const matrix = [{ category: 'security', in_app: true, email: true, locked: true }, { category: 'hosting', in_app: true, email: true }] as const;
    expect(turned([...matrix], 'hosting', 'email', false)[1]).toMatchObject({ in_app: true, email: false });
    expect(turned([...matrix], 'security', 'email', false)[0]).toMatchObject({ email: true });
  });
});

describe('sizes', () => {
  it('are told in the largest unit that fits', () => {
    expect([0, 999, 1_000, 1_540, 69_000_000, 672_000_000_000].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '1.5 kB', '69.0 MB', '672.0 GB']);
  });
});

describe('devices', () => {
  it('are named as people know them', () => {
    expect(deviceName('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox on Linux');
    expect(deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1')).toBe('Safari on iOS');
    expect(deviceName('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0')).toBe('Edge on Windows');
    expect(deviceName('curl/8.5.0')).toBe('curl/8.5.0');
    expect(deviceName(null)).toBe('An unknown device');
  });

  it('were used some time ago, never later', () => {
    const now = Date.parse('2026-05-04T12:00:00Z');
    expect(ago('2026-05-04T12:00:09Z', now)).toBe('just now');
    expect(ago('2026-05-04T11:55:00Z', now)).toBe('5 minutes ago');
    expect(ago('2026-05-03T11:00:00Z', now)).toBe('yesterday');
    expect(ago('2026-01-03T11:00:00Z', now)).toContain('2026');
  });
});

describe('photos', () => {
  it('are refused here when they cannot be right', () => {
    expect(photoFault({ name: 'a.jpg', size: 10, type: 'image/jpeg' })).toBeNull();
    expect(photoFault({ name: 'a.gif', size: 10, type: 'image/gif' })).toContain('JPEG');
    expect(photoFault({ name: 'a.jpg', size: 0, type: 'image/jpeg' })).toContain('empty');
    expect(photoFault({ name: 'a.jpg', size: 10 * 1024 * 1024 + 1, type: 'image/jpeg' })).toContain('10 MiB');
  });

  it('move to a place, and no further than the ends', () => {
    expect(moved(['a', 'b', 'c'], 'c', 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a', 'b', 'c'], 'a', 9)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 'b', -4)).toEqual(['b', 'a', 'c']);
  });

  it('turn around in the lightbox', () => {
    expect([turnedTo(0, -1, 3), turnedTo(2, 1, 3), turnedTo(1, 1, 3), turnedTo(0, 1, 0)]).toEqual([2, 0, 2, 0]);
  });
});

describe('the steps of a listing', () => {
  it('are those of its state', () => {
    const names = (status: Parameters<typeof stepsOf>[0]) => stepsOf(status).map((info) => info.step);
    expect(names('draft')).toEqual(['submit', 'archive']);
    expect(names('live')).toEqual(['unpublish', 'archive']);
    expect(names('paused')).toEqual(['publish', 'archive']);
    expect(names('pending_review')).toEqual([]);
    expect(names('archived')).toEqual([]);
  });
});

describe('the operators’ page', () => {
  const memory = () => {
    const map = new Map<string, string>();
    return { getItem: (name: string) => map.get(name) ?? null, setItem: (name: string, value: string) => void map.set(name, value), removeItem: (name: string) => void map.delete(name), map };
  };
  const server = (right: string) =>
    (async (_: string, init: RequestInit) =>
      (init.headers as Record<string, string>)['Authorization'] === `Bearer ${right}`
        ? new Response('{"data":[]}', { headers: { 'Content-Type': 'application/json' } })
        : new Response('{"code":"unauthenticated"}', { status: 401 })) as unknown as typeof fetch;

  it('keeps a token that is taken, and no other', async () => {
    const store = memory();
    const client = new OpsClient(server('right'), store);
    await expect(client.open('wrong')).rejects.toBeInstanceOf(Problem);
    expect([client.isOpen(), store.map.size]).toEqual([false, 0]);
    await client.open(' right ');
    expect([client.isOpen(), [...store.map.values()]]).toEqual([true, ['right']]);
  });

  it('forgets a token that is not taken any more', async () => {
    const store = memory();
    await new OpsClient(server('right'), store).open('right');
    const later = new OpsClient(server('newer'), store);
    expect(later.isOpen()).toBe(true);
    await expect(later.jobs()).rejects.toBeInstanceOf(Problem);
    expect([later.isOpen(), store.map.size]).toEqual([false, 0]);
  });

  it('reads a replay, or says what is wrong', () => {
    expect(readReplay({ ...NO_REPLAY, consumer: 'mail', from: '2026-05-01T12:00', stream: '3', toSeq: '9', key: ' prp_1 ' })).toEqual({
      replay: { consumer: 'mail', from: '2026-05-01T12:00:00.000Z', stream: 3, to_seq: 9, key: 'prp_1' },
    });
    const wrong = readReplay({ ...NO_REPLAY, from: 'noon', fromSeq: '1' });
    expect('errors' in wrong && Object.keys(wrong.errors).sort()).toEqual(['consumer', 'from', 'stream']);
  });

  it('tells spans of time', () => {
    expect([3, 200, 7200, 200_000].map(span)).toEqual(['3 s', '3 min', '2 h', '2 d']);
  });
});
