import { Problem } from '../api/problem';

/** "45 seconds", "3 minutes": how long to wait, rounded up so that it is never too short. */
export function waitText(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 90) return whole === 1 ? '1 second' : `${whole} seconds`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} minutes`;
  return `${Math.ceil(minutes / 60)} hours`;
}

export type SignInTrouble =
  | { kind: 'wrong' }
  | { kind: 'unverified' }
  | { kind: 'suspended' }
  | { kind: 'wait'; text: string }
  | { kind: 'other' };

/** Why a sign-in was refused, as far as the page has its own words for it. */
export function signInTrouble(error: unknown): SignInTrouble | null {
  if (!error) return null;
  if (!(error instanceof Problem)) return { kind: 'other' };
  switch (error.code) {
    case 'invalid-credentials':
      return { kind: 'wrong' };
    case 'email-unverified':
      return { kind: 'unverified' };
    case 'suspended':
      return { kind: 'suspended' };
    case 'rate-limited':
      return { kind: 'wait', text: error.retryAfter ? `Try again in ${waitText(error.retryAfter)}.` : 'Try again in a while.' };
    default:
      return { kind: 'other' };
  }
}

/** Why signing in with another provider did not work, by the word it came back with. */
export function providerTrouble(word: string): string {
  switch (word) {
    case 'provider-unavailable':
      return 'The other provider cannot be reached at the moment. Try again later, or use your password.';
    case 'expired':
      return 'That took too long, or was begun in another browser. Try again.';
    case 'email-unverified':
      return 'The other provider has not confirmed your address yet, so we cannot tell that it is yours.';
    case 'suspended':
      return 'This account is suspended. Answer the letter about it if you think that is wrong.';
    default:
      return 'Signing in with the other provider did not work. Try again, or use your password.';
  }
}

/** A path of this site to go on to; anything else is the front page. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !/[\u0000-\u001f]/.test(next) ? next : '/';
}
