import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type DragEvent } from 'react';
import { listings, type PhotoAlbum } from '../../api/listings';
import type { Photo as PhotoRow } from '../../api/next';
import { Problem } from '../../api/problem';
import type { Property } from '../../api/types';
import { PHOTOS_MAX, PHOTO_TYPES, moved } from '../../domain/photos';
import { plural } from '../../domain/words';
import { Photo } from '../Photo';
import { Failure, Loading, Refusal } from '../States';
import { useUploads, type Upload } from './uploads';

/** The photos of a stored listing: each change is kept at once, apart from the form. */
export function Photos({ property, onCount }: { property: Property; onCount: (count: number) => void }) {
  const queries = useQueryClient();
  const key = ['photos', property.id];
  const found = useQuery({ queryKey: key, queryFn: ({ signal }) => listings.photos(property.id, signal), refetchOnWindowFocus: false });
  const renew = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: key });
    void queries.invalidateQueries({ queryKey: ['property', property.id], exact: true });
    void queries.invalidateQueries({ queryKey: ['own-properties'] });
  };
  const uploads = useUploads(property.id, renew);
  const order = useMutation({
    mutationFn: (ids: string[]) => listings.orderPhotos(property.id, ids, found.data?.etag ?? '*'),
    onMutate: (ids) => {
      const before = queries.getQueryData<PhotoAlbum>(key);
      if (before) queries.setQueryData<PhotoAlbum>(key, { ...before, photos: sorted(before.photos, ids) });
      return before;
    },
    onError: (_, __, before) => queries.setQueryData(key, before),
    onSuccess: (album) => queries.setQueryData(key, album),
    onSettled: renew,
  });
  const photos = found.data?.photos ?? [];
  const ids = photos.map((photo) => photo.id);
  const count = photos.length;
  useEffect(() => onCount(count), [count, onCount]);
  const [held, setHeld] = useState<string | null>(null);
  const place = (id: string, to: number): void => {
    const next = moved(ids, id, to);
    if (next.join() !== ids.join()) order.mutate(next);
  };
  return (
    <section className="panel photos" aria-labelledby="photos-title">
      <h2 id="photos-title">Photos</h2>
      <Drop free={PHOTOS_MAX - count} onFiles={uploads.add} />
      {uploads.list.length > 0 && (
        <ul className="uploads" aria-label="Uploads">
          {uploads.list.map((one) => (
            <UploadRow key={one.key} upload={one} onAgain={() => uploads.again(one.key)} onDrop={() => uploads.drop(one.key)} />
          ))}
        </ul>
      )}
      {order.error instanceof Problem && order.error.status === 412 ? (
        <p className="refusal" role="alert">The photos were changed elsewhere meanwhile. This is how they are now.</p>
      ) : (
        <Refusal error={order.error} />
      )}
      {found.isPending ? (
        <Loading />
      ) : found.isError && !found.data ? (
        <Failure error={found.error} retry={() => void found.refetch()} />
      ) : count === 0 ? (
        <p className="fine">No photos yet. Until there is one, a drawing stands in for it.</p>
      ) : (
        <ol className="album" aria-label={`${plural(count, 'photo')}, the first is the cover`}>
          {photos.map((photo, index) => (
            <Tile
              key={photo.id}
              photo={photo}
              index={index}
              count={count}
              isPrivate={property.status !== 'live'}
              held={held === photo.id}
              onHold={setHeld}
              onDropped={() => held && place(held, index)}
              onPlace={(to) => place(photo.id, to)}
              renew={renew}
            />
          ))}
        </ol>
      )}
      <p className="hidden" role="status">{order.isSuccess ? 'The new order is kept.' : ''}</p>
    </section>
  );
}

function sorted(photos: PhotoRow[], ids: string[]): PhotoRow[] {
  return ids.flatMap((id) => photos.filter((photo) => photo.id === id));
}

/** Where files are dropped or chosen. */
function Drop({ free, onFiles }: { free: number; onFiles: (files: File[]) => void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isFiles = (event: DragEvent): boolean => [...event.dataTransfer.types].includes('Files');
  return (
    <div
      className={over ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        if (!isFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!isFiles(event)) return;
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <input
        ref={input}
        className="hidden"
        type="file"
        name="photos"
        tabIndex={-1}
        aria-label="Photos to upload"
        accept={PHOTO_TYPES.join(',')}
        multiple
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <button type="button" className="button" disabled={free <= 0} onClick={() => input.current?.click()}>Add photos</button>
      <p className="fine">{free > 0 ? `Or drop them here. JPEG, PNG or WebP, up to 10 MiB each; ${plural(free, 'more', 'more')} fit.` : 'There is room for no more.'}</p>
    </div>
  );
}

function UploadRow({ upload, onAgain, onDrop }: { upload: Upload; onAgain: () => void; onDrop: () => void }) {
  return (
    <li className="upload">
      <span className="break">{upload.name}</span>
      {upload.state === 'failed' ? (
        <>
          <span className="field-error" role="alert">{upload.fault}</span>
          <span className="row-acts">
            {upload.mayRetry && <button type="button" className="link" onClick={onAgain}>Try again</button>}
            <button type="button" className="link" aria-label={`Forget ${upload.name}`} onClick={onDrop}>Forget</button>
          </span>
        </>
      ) : (
        <>
          <progress value={upload.state === 'waiting' ? 0 : upload.part} max={1} aria-label={`Upload of ${upload.name}`} />
          <span className="fine">{upload.state === 'waiting' ? 'Waits' : upload.part < 1 ? `${Math.round(upload.part * 100)} %` : 'Being made ready…'}</span>
        </>
      )}
    </li>
  );
}

function Tile({ photo, index, count, isPrivate, held, onHold, onDropped, onPlace, renew }: {
  photo: PhotoRow;
  index: number;
  count: number;
  isPrivate: boolean;
  held: boolean;
  onHold: (id: string | null) => void;
  onDropped: () => void;
  onPlace: (to: number) => void;
  renew: () => Promise<void>;
}) {
  const [caption, setCaption] = useState(photo.caption);
  const [sure, setSure] = useState(false);
  const edit = useMutation({ mutationFn: () => listings.editPhoto(photo.id, { caption: caption.trim() }), onSuccess: renew });
  const remove = useMutation({ mutationFn: () => listings.removePhoto(photo.id), onSettled: renew });
  const name = `photo ${index + 1}`;
  return (
    <li
      className={held ? 'tile tile-held' : 'tile'}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move';
        event.dataTransfer.setData('text/plain', photo.id);
        onHold(photo.id);
      }}
      onDragEnd={() => onHold(null)}
      onDragOver={(event) => {
        if (![...event.dataTransfer.types].includes('Files')) event.preventDefault();
      }}
      onDrop={(event) => {
        if ([...event.dataTransfer.types].includes('Files')) return;
        event.preventDefault();
        onDropped();
      }}
    >
      <div className="tile-box">
        <Photo picture={photo.pictures.card} alt={photo.caption || `Photo ${index + 1}`} isPrivate={isPrivate} />
        {index === 0 && <span className="badge badge-brand tile-cover">Cover</span>}
      </div>
      <div className="tile-acts">
        <button type="button" className="icon-button" aria-label={`Move ${name} earlier`} title="Earlier" disabled={index === 0} onClick={() => onPlace(index - 1)}>‹</button>
        <button type="button" className="icon-button" aria-label={`Move ${name} later`} title="Later" disabled={index === count - 1} onClick={() => onPlace(index + 1)}>›</button>
        {index > 0 && <button type="button" className="link" aria-label={`Make cover: ${name}`} onClick={() => onPlace(0)}>Make cover</button>}
        {sure ? (
          <button type="button" className="link link-bad" aria-label={`Really delete ${name}`} disabled={remove.isPending} onClick={() => remove.mutate()} onBlur={() => setSure(false)}>Really delete</button>
        ) : (
          <button type="button" className="link" aria-label={`Delete ${name}`} onClick={() => setSure(true)}>Delete</button>
        )}
      </div>
      <input
        className="tile-caption"
        aria-label={`Caption of ${name}`}
        placeholder="Caption"
        maxLength={200}
        value={caption}
        onChange={(event) => setCaption(event.target.value)}
        onBlur={() => caption.trim() !== photo.caption && edit.mutate()}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          event.currentTarget.blur();
        }}
      />
      <Refusal error={edit.error ?? remove.error} />
    </li>
  );
}
