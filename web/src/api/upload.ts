/** Uploads tell how far they are, which fetch cannot. */
import { client } from './app';
import type { Photo } from './next';
import { Problem, Unreachable, seconds } from './problem';
import type { ProblemBody } from './types';

/** Uploads one picture; `onProgress` gets the part that is sent, from 0 to 1. */
export async function uploadPhoto(
  propertyId: string,
  file: Blob,
  onProgress: (part: number) => void,
  signal?: AbortSignal,
): Promise<Photo> {
  for (let attempt = 1; ; attempt += 1) {
    const token = await client.token();
    try {
      return await send(`/api/v1/properties/${encodeURIComponent(propertyId)}/photos`, token, file, onProgress, signal);
    } catch (error) {
      if (!(error instanceof Problem) || attempt >= 4) throw error;
      if (error.status === 401 && attempt === 1 && (await client.refresh())) continue;
      // Too many at once, or a busy server: the same picture again answers the same photo.
      const busy = error.status === 503 || (error.status === 429 && (error.retryAfter ?? 60) <= 5);
      if (!busy) throw error;
      await new Promise((done) => setTimeout(done, Math.min(error.retryAfter ?? attempt, 5) * 1000));
    }
  }
}

function send(url: string, token: string, file: Blob, onProgress: (part: number) => void, signal?: AbortSignal): Promise<Photo> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    signal?.addEventListener('abort', stop, { once: true });
    const done = (): void => signal?.removeEventListener('abort', stop);
    request.open('POST', url);
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      done();
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as Photo);
      else reject(new Problem(request.status, body as ProblemBody, seconds(request.getResponseHeader('Retry-After'))));
    };
    request.onerror = () => {
      done();
      reject(new Unreachable());
    };
    request.onabort = () => {
      done();
      reject(new DOMException('stopped', 'AbortError'));
    };
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
