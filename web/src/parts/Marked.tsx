import type { Piece } from '../api/types';

/** A text with the words that were looked for marked. It comes in pieces of plain text, so
 *  nothing in it can be markup. */
export function Marked({ pieces }: { pieces: Piece[] }) {
  return pieces.map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>));
}
