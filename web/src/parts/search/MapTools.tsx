import { useEffect, useRef } from 'react';
import { closes, CORNERS_MAX, CORNERS_MIN, crosses, type Corner } from '../../domain/area';
import { plural } from '../../domain/words';

/** What can be done with the map beside looking: draw an area, take what it shows, and have
 *  the search follow it. */
export function MapTools({ drawing, hasArea, follows, moved, onDraw, onFinish, onClear, onFollow, onHere }: {
  drawing: Corner[] | null;
  hasArea: boolean;
  follows: boolean;
  /** It shows something else than what was searched. */
  moved: boolean;
  onDraw: (corners: Corner[] | null) => void;
  onFinish: (corners: Corner[]) => void;
  onClear: () => void;
  onFollow: (follows: boolean) => void;
  onHere: () => void;
}) {
  const start = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  // The button that began it is gone while an area is drawn; it gets the focus back.
  useEffect(() => {
    if (was.current && drawing === null && document.activeElement === document.body) start.current?.focus();
    was.current = drawing !== null;
  }, [drawing]);
  if (drawing !== null) return <Drawing corners={drawing} onDraw={onDraw} onFinish={onFinish} onHere={onHere} />;
  return (
    <div className="map-tools">
      <div className="map-row">
        <button ref={start} type="button" className="button map-tool" onClick={() => onDraw([])}>
          Draw an area
        </button>
        {hasArea && (
          <button type="button" className="button map-tool" onClick={onClear}>
            Clear the area
          </button>
        )}
        <label className="map-follow">
          <input type="checkbox" checked={follows} onChange={(event) => onFollow(event.target.checked)} />
          <span>Search as the map moves</span>
        </label>
      </div>
      {moved && (
        <button type="button" className="button button-main map-here" onClick={onHere}>
          Search this area
        </button>
      )}
    </div>
  );
}

function Drawing({ corners, onDraw, onFinish, onHere }: {
  corners: Corner[];
  onDraw: (corners: Corner[] | null) => void;
  onFinish: (corners: Corner[]) => void;
  onHere: () => void;
}) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.focus(), []);
  useEffect(() => {
    const escaped = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') onDraw(null);
    };
    document.addEventListener('keydown', escaped);
    return () => document.removeEventListener('keydown', escaped);
  }, [onDraw]);
  const last = corners[corners.length - 1];
  const tangled = last !== undefined && crosses(corners.slice(0, -1), last);
  const full = corners.length >= CORNERS_MAX;
  const ready = corners.length >= CORNERS_MIN && !tangled && closes(corners);
  return (
    <div ref={panel} className="map-tools map-draw" role="group" aria-label="Draw an area" tabIndex={-1}>
      <p role="status">{drawingText(corners.length, tangled, ready, full)}</p>
      <div className="map-row">
        <button type="button" className="button button-main map-tool" disabled={!ready} onClick={() => onFinish(corners)}>
          Finish
        </button>
        <button type="button" className="button map-tool" disabled={corners.length === 0} onClick={() => onDraw(corners.slice(0, -1))}>
          Undo
        </button>
        <button type="button" className="button map-tool" onClick={() => onDraw(null)}>
          Cancel
        </button>
        <button type="button" className="link" onClick={onHere}>
          Use what the map shows
        </button>
      </div>
    </div>
  );
}

function drawingText(many: number, tangled: boolean, ready: boolean, full: boolean): string {
  if (tangled) return 'Lines may not cross: undo the last corner.';
  if (many === 0) return 'Tap or click the corners of your area.';
  if (many < CORNERS_MIN) return `${plural(many, 'corner')} set; ${CORNERS_MIN - many} more at least.`;
  if (!ready) return `${plural(many, 'corner')} set. The line that closes it would cross another.`;
  return full ? `${many} corners, and no more.` : `${plural(many, 'corner')} set. Tap the first one to finish.`;
}
