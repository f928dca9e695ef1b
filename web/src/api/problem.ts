import type { Alternative, FieldError, ProblemBody } from './types';

/** The server answered, and the answer is no. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  readonly errors: FieldError[];
  readonly alternatives: Alternative[];
  /** Seconds, from Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(status: number, body: ProblemBody, retryAfter?: number) {
    const title = body.title || fallbackTitle(status);
    super(body.detail || title);
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? slug(body.type) ?? `http-${status}`;
    this.title = title;
    this.detail = body.detail ?? '';
    this.retryable = body.retryable ?? status >= 500;
    this.requestId = body.instance;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    this.alternatives = Array.isArray(body.alternatives) ? body.alternatives : [];
    this.retryAfter = retryAfter;
  }

  /** The same, said of other fields. */
  with(errors: FieldError[]): Problem {
    const { title, detail, code, retryable, alternatives } = this;
    const body = { title, detail, code, retryable, alternatives, errors, ...(this.requestId && { instance: this.requestId }) };
    return new Problem(this.status, body, this.retryAfter);
  }

  /** The message for one field, by JSON pointer; a pointer to its parent's part counts. */
  field(pointer: string): string | undefined {
    const hit = this.errors.find((error) => error.pointer === pointer);
    return hit ? sentence(hit.detail || hit.code) : undefined;
  }
}

/** No answer at all: the network is down, or the server is. What was asked may or may
 *  not have happened. */
export class Unreachable extends Error {
  constructor(cause?: unknown) {
    super('RentEzy could not be reached', { cause });
    this.name = 'Unreachable';
  }
}

/** Reads an error response, whatever it holds. */
export async function readProblem(response: Response): Promise<Problem> {
  const retryAfter = seconds(response.headers.get('Retry-After'));
  let body: ProblemBody = {};
  try {
    const parsed: unknown = JSON.parse(await response.text());
    if (parsed !== null && typeof parsed === 'object') body = parsed as ProblemBody;
  } catch {
    // A proxy's HTML page or a cut body: the status is all there is.
  }
  return new Problem(response.status, body, retryAfter);
}

/** Seconds of a Retry-After header; dates are not used by this API. */
export function seconds(header: string | null): number | undefined {
  if (header === null || !/^\d+$/.test(header.trim())) return undefined;
  return Number(header);
}

/** Server text is lower case without a full stop; people read sentences. */
export function sentence(text: string): string {
  const trimmed = text.trim().replace(/[-_](?=\w+$)/g, ' ');
  if (trimmed === '') return '';
  const raised = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(raised) ? raised : `${raised}.`;
}

function slug(type: string | undefined): string | undefined {
  return type?.startsWith('/problems/') ? type.slice('/problems/'.length) : undefined;
}

function fallbackTitle(status: number): string {
  if (status === 404) return 'not found';
  if (status === 429) return 'too many requests';
  if (status >= 500) return 'the server could not answer';
  return 'the request was refused';
}
