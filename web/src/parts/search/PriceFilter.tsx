import { useEffect, useRef, useState } from 'react';
import type { PriceBucket } from '../../api/search';
import { priceLabel, wholePrice } from '../../domain/filters';
import { heights, prices, scaleOf, thumbs, type Scale } from '../../domain/histogram';
import { CURRENCIES, exponent } from '../../domain/money';
import { digits, type SearchForm } from '../../domain/query';

type Prices = Pick<SearchForm, 'priceMin' | 'priceMax'>;

const SETTLE_MS = 250;

/** The price of a night: where homes are, by bars, and the range that is wanted, by two thumbs
 *  or by numbers. */
export function PriceFilter({ form, buckets, currencies, onChange }: {
  form: SearchForm;
  /** Of the homes that are on show. */
  currencies: string[];
  buckets: PriceBucket[] | undefined;
  onChange: (change: Partial<SearchForm>) => void;
}) {
  const [draft, put] = useSettled(form, onChange);
  const unit = form.currency ? 10 ** exponent(form.currency) : 100;
  const scale = buckets ? scaleOf(buckets, unit) : null;
  const mixed = form.currency === '' && currencies.length > 1;
  // Where all ask in one currency, prices are in it without its being chosen.
  const shown = form.currency || (currencies.length === 1 ? (currencies[0] as string) : '');
  const upsideDown = draft.priceMin !== '' && draft.priceMax !== '' && Number(draft.priceMin) > Number(draft.priceMax);
  return (
    <fieldset className="filter">
      <legend>Price a night</legend>
      <p className="filter-note" aria-hidden="true">{priceLabel({ ...draft, currency: shown })}</p>
      {scale ? <Range scale={scale} draft={draft} currency={shown} onRange={put} /> : <div className={buckets ? 'range range-none' : 'range skeleton'} />}
      <div className="price-row">
        <label>
          <span>From</span>
          <input inputMode="numeric" name="price_min" aria-invalid={upsideDown || undefined} placeholder="any" value={draft.priceMin} onChange={(event) => put({ ...draft, priceMin: digits(event.target.value) })} />
        </label>
        <label>
          <span>To</span>
          <input inputMode="numeric" name="price_max" aria-invalid={upsideDown || undefined} placeholder="any" value={draft.priceMax} onChange={(event) => put({ ...draft, priceMax: digits(event.target.value) })} />
        </label>
        <label>
          <span>Currency</span>
          <select name="currency" value={form.currency} onChange={(event) => onChange({ currency: event.target.value, priceMin: '', priceMax: '' })}>
            <option value="">Any</option>
            {[...currencies, ...CURRENCIES.filter((code) => !currencies.includes(code))].map((code) => (
              <option key={code}>{code}</option>
            ))}
          </select>
        </label>
      </div>
      {mixed && <p className="field-hint">These homes ask in {currencies.length} currencies: choose one to compare their prices.</p>}
      {upsideDown && <p className="field-error" role="alert">The lowest price is above the highest.</p>}
    </fieldset>
  );
}

function Range({ scale, draft, currency, onRange }: { scale: Scale; draft: Prices; currency: string; onRange: (prices: Prices) => void }) {
  const [low, high] = thumbs(scale, draft.priceMin, draft.priceMax);
  const end = scale.edges.length - 1;
  const text = (index: number): string => (index === end && scale.open ? 'any price' : wholePrice(scale.edges[index] as number, currency));
  const thumb = (label: string, at: number, to: (at: number) => [number, number]) => (
    <input
      type="range"
      min={0}
      max={end}
      step={1}
      value={at}
      aria-label={label}
      aria-valuetext={text(at)}
      onChange={(event) => onRange(prices(scale, ...to(Number(event.target.value))))}
    />
  );
  return (
    <div className="range">
      <svg className="range-bars" viewBox={`0 0 ${end} 1`} preserveAspectRatio="none" aria-hidden="true">
        {heights(scale).map((height, index) => (
          <rect key={index} className={index >= low && index < high ? 'range-in' : undefined} x={index + 0.06} y={1 - height} width={0.88} height={height} />
        ))}
      </svg>
      <svg className="range-track" viewBox={`0 0 ${end} 1`} preserveAspectRatio="none" aria-hidden="true">
        <rect width={end} height={1} />
        <rect className="range-in" x={low} width={high - low} height={1} />
      </svg>
      {thumb('Lowest price a night', low, (at) => [Math.min(at, high - 1), high])}
      {thumb('Highest price a night', high, (at) => [low, Math.max(at, low + 1)])}
    </div>
  );
}

/** Prices as they are moved; the search follows when they stand still, or when the panel goes. */
function useSettled(form: SearchForm, onChange: (change: Prices) => void): [Prices, (prices: Prices) => void] {
  const [draft, setDraft] = useState<Prices>({ priceMin: form.priceMin, priceMax: form.priceMax });
  const pending = useRef<Prices | null>(null);
  const tell = useRef(onChange);
  tell.current = onChange;
  const settle = useRef(() => {
    const prices = pending.current;
    pending.current = null;
    if (prices && !(prices.priceMin && prices.priceMax && Number(prices.priceMin) > Number(prices.priceMax))) tell.current(prices);
  });
  useEffect(() => {
    if (pending.current === null) setDraft({ priceMin: form.priceMin, priceMax: form.priceMax });
  }, [form.priceMin, form.priceMax]);
  useEffect(() => {
    const timer = window.setTimeout(settle.current, SETTLE_MS);
    return () => window.clearTimeout(timer);
  }, [draft]);
  useEffect(() => settle.current, []);
  return [
    draft,
    (prices) => {
      pending.current = prices;
      setDraft(prices);
    },
  ];
}
