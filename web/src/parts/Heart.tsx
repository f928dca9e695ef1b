import { explain } from './States';
import { useKept } from './favourites';

/** Keeps a home among the favourites, for the dates of the search if it has any. */
export function Heart({ id, title, checkIn, checkOut, withWords = false }: {
  id: string;
  title: string;
  checkIn?: string | null;
  checkOut?: string | null;
  withWords?: boolean;
}) {
  const dates = checkIn && checkOut ? { check_in: checkIn, check_out: checkOut } : {};
  const { kept, toggle, pending, error } = useKept(id, dates);
  const label = kept ? 'Kept as a favourite' : 'Keep as a favourite';
  return (
    <span className={withWords ? 'heart heart-words' : 'heart'}>
      <button
        type="button"
        className={withWords ? 'button heart-button' : 'icon-button heart-button'}
        aria-pressed={kept}
        aria-label={withWords ? undefined : `Favourite: ${title}`}
        title={error ? explain(error).title : label}
        disabled={pending}
        onClick={toggle}
      >
        <HeartIcon />
        {withWords && label}
      </button>
      {error !== null && <span className="hidden" role="alert">{explain(error).title}</span>}
    </span>
  );
}

export function HeartIcon() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 20.500C5.500 15.500 3 12.300 3 8.900A4.900 4.900 0 0 1 12 6.200a4.900 4.900 0 0 1 9 2.700c0 3.400-2.500 6.600-9 11.600z" />
    </svg>
  );
}
