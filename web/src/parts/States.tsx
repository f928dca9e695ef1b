import type { ReactNode } from 'react';
import { Problem, Unreachable, sentence } from '../api/problem';
import { waitText } from '../domain/trouble';

export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{label}…</span>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A whole page or part that could not be shown. */
export function Failure({ error, retry, missing }: { error: unknown; retry?: () => void; missing?: string }) {
  const told = explain(error);
  const gone = error instanceof Problem && error.status === 404;
  return (
    <div className="state" role="alert">
      <h2>{gone && missing ? missing : told.title}</h2>
      {!gone && <p>{told.detail}</p>}
      {told.requestId && !gone && <p className="fine">Request {told.requestId}</p>}
      {retry && !gone && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** An action that was refused, said next to where it was asked for. */
export function Refusal({ error }: { error: unknown }) {
  if (!error) return null;
  const told = explain(error);
  return (
    <div className="refusal" role="alert">
      <strong>{told.title}</strong>
      {told.detail && <span> {told.detail}</span>}
    </div>
  );
}

export function explain(error: unknown): { title: string; detail: string; requestId?: string } {
  if (error instanceof Unreachable) {
    return {
      title: 'RentEzy can’t be reached.',
      detail: 'Check your connection and try again. Nothing you did before is lost.',
    };
  }
  if (error instanceof Problem && error.code === 'rate-limited') {
    return {
      title: 'That was too often.',
      detail: error.retryAfter ? `Try again in ${waitText(error.retryAfter)}.` : 'Try again in a while.',
      ...(error.requestId && { requestId: error.requestId }),
    };
  }
  if (error instanceof Problem) {
    return {
      title: sentence(error.title),
      detail: error.detail && error.detail !== error.title ? sentence(error.detail) : '',
      ...(error.requestId && { requestId: error.requestId }),
    };
  }
  return { title: 'Something went wrong on this page.', detail: 'Reload it and try again.' };
}
