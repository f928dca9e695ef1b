import { useEffect, useRef, useState } from 'react';
import type { Photo as PhotoRow } from '../api/next';
import type { Property } from '../api/types';
import { turnedTo } from '../domain/photos';
import { plural } from '../domain/words';
import { HomeArt } from './HomeArt';
import { Photo } from './Photo';

/** The photos of a home: a few on the page, all of them in a dialog. */
export function Gallery({ property }: { property: Property }) {
  const photos = property.photos ?? [];
  const isPrivate = property.status !== 'live';
  const [open, setOpen] = useState<number | null>(null);
  if (photos.length === 0) {
    return (
      <div className="listing-hero">
        <HomeArt id={property.id} kind={property.kind} wide />
      </div>
    );
  }
  const shown = photos.slice(0, 5);
  return (
    <section className={`gallery gallery-${Math.min(shown.length, 5)}`} aria-label="Photos">
      {shown.map((photo, index) => (
        <button key={photo.id} type="button" aria-label={`Open photo ${index + 1} of ${photos.length}${photo.caption ? `: ${photo.caption}` : ''}`} onClick={() => setOpen(index)}>
          <Photo picture={index === 0 ? photo.pictures.full : photo.pictures.card} alt="" isPrivate={isPrivate} lazy={index > 0} />
        </button>
      ))}
      <button type="button" className="button gallery-all" onClick={() => setOpen(0)}>
        {photos.length === 1 ? 'Look closer' : `All ${plural(photos.length, 'photo')}`}
      </button>
      {open !== null && <Lightbox photos={photos} isPrivate={isPrivate} at={open} onAt={setOpen} onClose={() => setOpen(null)} />}
    </section>
  );
}

function Lightbox({ photos, isPrivate, at, onAt, onClose }: {
  photos: PhotoRow[];
  isPrivate: boolean;
  at: number;
  onAt: (at: number) => void;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  // A modal dialog keeps the focus in it and gives it back where it was.
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
    return () => shown?.close();
  }, []);
  const photo = photos[at] as PhotoRow;
  const turn = (by: number): void => onAt(turnedTo(at, by, photos.length));
  return (
    <dialog
      ref={dialog}
      className="lightbox"
      aria-label="Photos"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') turn(1);
        else if (event.key === 'ArrowLeft') turn(-1);
        else if (event.key === 'Home') onAt(0);
        else if (event.key === 'End') onAt(photos.length - 1);
        else return;
        event.preventDefault();
      }}
    >
      <div className="lightbox-top">
        <p role="status">
          {at + 1} of {photos.length}
        </p>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>×</button>
      </div>
      <figure>
        <Photo key={photo.id} picture={photo.pictures.full} alt={photo.caption || `Photo ${at + 1}`} isPrivate={isPrivate} lazy={false} />
        {photo.caption && <figcaption>{photo.caption}</figcaption>}
      </figure>
      {photos.length > 1 && (
        <div className="lightbox-turn">
          <button type="button" className="icon-button" aria-label="Photo before" onClick={() => turn(-1)}>‹</button>
          <button type="button" className="icon-button" aria-label="Next photo" onClick={() => turn(1)}>›</button>
        </div>
      )}
    </dialog>
  );
}
