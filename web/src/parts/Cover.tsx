import type { Pictures } from '../api/next';
import type { Kind } from '../api/types';
import { HomeArt } from './HomeArt';
import { Photo } from './Photo';

/** The first photo of a home; a drawing of it while there is none. */
export function Cover({ of, isPrivate = false }: { of: { id: string; kind: Kind; cover?: Pictures | null }; isPrivate?: boolean }) {
  // The title stands beside it, so it says nothing more to who cannot see it.
  if (of.cover) return <Photo picture={of.cover.card} alt="" className="art photo" isPrivate={isPrivate} />;
  return <HomeArt id={of.id} kind={of.kind} />;
}
