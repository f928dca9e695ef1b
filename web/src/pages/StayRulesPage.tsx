import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { randomKey } from '../api/action';
import { hosting } from '../api/hosting';
import type { NewStayRules, StayRules, Weekday } from '../api/next';
import { Problem } from '../api/problem';
import { WEEKDAYS, type Errors } from '../domain/pricing';
import { fromStayRules, readStayRules, type DateRuleText, type StayRulesForm } from '../domain/stay_rules';
import { TextField } from '../parts/Field';
import { ListingTabs } from '../parts/LandlordTabs';
import { Failure, Loading, Refusal } from '../parts/States';
import { useTitle } from '../parts/hooks';

const DATES_MAX = 200;

/** Which stays a landlord takes. */
export default function StayRulesPage() {
  const { id = '' } = useParams();
  useTitle('Stay rules');
  const found = useQuery({
    queryKey: ['stay-rules', id],
    queryFn: ({ signal }) => hosting.stayRules(id, signal),
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  if (found.isPending) return <Loading />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} missing="This home is not yours" />;
  return (
    <div className="page page-narrow">
      <nav aria-label="Breadcrumb" className="crumb"><Link to="/landlord">‹ Your listings</Link></nav>
      <h1>Stay rules</h1>
      <ListingTabs id={id} />
      <Editor id={id} rules={found.data.rules} etag={found.data.etag} />
    </div>
  );
}

type ErrorOf = (pointer: string) => string | undefined;

function Editor({ id, rules, etag }: { id: string; rules: StayRules; etag: string }) {
  const queries = useQueryClient();
  const [form, setForm] = useState<StayRulesForm>(() => fromStayRules(rules));
  const [wrong, setWrong] = useState<Errors>({});
  const save = useMutation({
    mutationFn: (body: NewStayRules) => hosting.setStayRules(id, etag, body),
    onSuccess: (saved) => {
      queries.setQueryData(['stay-rules', id], saved);
      void queries.invalidateQueries({ queryKey: ['property', id] });
      void queries.invalidateQueries({ queryKey: ['calendar', id] });
      void queries.invalidateQueries({ queryKey: ['hosting-calendar'] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.reset();
    const read = readStayRules(form);
    setWrong('errors' in read ? read.errors : {});
    if ('body' in read) save.mutate(read.body);
    else requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const put = (part: Partial<StayRulesForm>): void => {
    save.reset();
    setForm((old) => ({ ...old, ...part }));
  };
  const problem = save.error instanceof Problem ? save.error : null;
  const error: ErrorOf = (pointer) => wrong[pointer] ?? problem?.field(pointer);
  const parts = { form, put, error };
  return (
    <form className="editor" onSubmit={submit} noValidate>
      <Coming {...parts} />
      <Ahead {...parts} />
      <Between {...parts} />
      <Dates {...parts} />
      {problem?.status === 412 ? <p className="refusal" role="alert">This listing was changed elsewhere meanwhile. Reload the page to see how it is now.</p> : <Refusal error={save.error} />}
      {Object.keys(wrong).length > 0 && <p className="refusal" role="alert">Some fields need another look.</p>}
      <div className="actions">
        <button type="submit" className="button button-main" disabled={save.isPending}>{save.isPending ? 'Saving…' : 'Save stay rules'}</button>
        {save.isSuccess && <p className="told" role="status">Saved. Stays that are booked stay as they are.</p>}
      </div>
    </form>
  );
}

interface PartProps {
  form: StayRulesForm;
  put: (part: Partial<StayRulesForm>) => void;
  error: ErrorOf;
}

function Coming({ form, put, error }: PartProps) {
  return (
    <fieldset className="panel">
      <legend>Coming and going</legend>
      <p className="fine">The shortest and the longest stay are among the house rules of the listing.</p>
      <Days label="Guests arrive on" name="arrival" chosen={form.arrival} error={error('/arrival_days')} onChosen={(arrival) => put({ arrival })} />
      <Days label="Guests leave on" name="departure" chosen={form.departure} error={error('/departure_days')} onChosen={(departure) => put({ departure })} />
      <fieldset className="days-choice">
        <legend>Shortest stay by the day of arrival, where it is another</legend>
        {WEEKDAYS.map(([day, label]) => (
          <TextField key={day} label={label} name={`min_${day}`} inputMode="numeric" value={form.minOn[day]} onText={(text) => put({ minOn: { ...form.minOn, [day]: text } })} />
        ))}
        {error('/min_nights_on') && <p className="field-error">{error('/min_nights_on')}</p>}
      </fieldset>
    </fieldset>
  );
}

function Days({ label, name, chosen, error, onChosen }: { label: string; name: string; chosen: Weekday[]; error: string | undefined; onChosen: (days: Weekday[]) => void }) {
  return (
    <fieldset className="days-choice">
      <legend>{label}</legend>
      {WEEKDAYS.map(([day, short]) => (
        <label key={day} className="tick-box">
          <input type="checkbox" name={name} value={day} checked={chosen.includes(day)} onChange={(event) => onChosen(event.target.checked ? [...chosen, day] : chosen.filter((one) => one !== day))} />
          {short}
        </label>
      ))}
      {error && <p className="field-error">{error}</p>}
    </fieldset>
  );
}

function Ahead({ form, put, error }: PartProps) {
  return (
    <fieldset className="panel">
      <legend>How far ahead</legend>
      <div className="pair pair-three">
        <TextField label="Notice, days" name="notice" inputMode="numeric" value={form.notice} onText={(notice) => put({ notice })} error={error('/notice_days')} hint="Empty: until the same day." />
        <TextField label="On the last day until" name="cut_off" type="time" value={form.cutOff} onText={(cutOff) => put({ cutOff })} error={error('/cut_off')} hint="By the home’s clocks; empty: midnight." />
        <TextField label="At most days ahead" name="window" inputMode="numeric" value={form.window} onText={(window) => put({ window })} error={error('/window_days')} hint="Empty: as far as it goes." />
      </div>
    </fieldset>
  );
}

function Between({ form, put, error }: PartProps) {
  return (
    <fieldset className="panel">
      <legend>Between two stays</legend>
      <div className="pair">
        <TextField label="Nights kept free before a stay" name="before" inputMode="numeric" value={form.before} onText={(before) => put({ before })} error={error('/buffer_before')} />
        <TextField label="Nights kept free after a stay" name="after" inputMode="numeric" value={form.after} onText={(after) => put({ after })} error={error('/buffer_after')} />
      </div>
      <p className="field-hint">Between two stays, the greater of the two counts.</p>
      <label className="tick-box form-note">
        <input type="checkbox" name="no_gaps" checked={form.noGaps} onChange={(event) => put({ noGaps: event.target.checked })} />
        Take no stay that leaves a gap too short to book
      </label>
    </fieldset>
  );
}

function Dates({ form, put, error }: PartProps) {
  const change = (key: string, part: Partial<DateRuleText>): void => put({ dates: form.dates.map((rule) => (rule.key === key ? { ...rule, ...part } : rule)) });
  return (
    <fieldset className="panel">
      <legend>Other rules on some days</legend>
      {form.dates.length === 0 && <p className="fine">None yet, such as “at least 5 nights over New Year”.</p>}
      {form.dates.map((rule, index) => (
        <DateRow key={rule.key} rule={rule} at={(name) => error(`/dates/${index}/${name}`)} onChange={(part) => change(rule.key, part)}>
          <button type="button" className="link" onClick={() => put({ dates: form.dates.filter((one) => one.key !== rule.key) })}>Remove these days</button>
        </DateRow>
      ))}
      <button
        type="button"
        className="button form-go"
        disabled={form.dates.length >= DATES_MAX}
        onClick={() => put({ dates: [...form.dates, { key: randomKey(), from: '', last: '', minNights: '', noArrival: false, noDeparture: false }] })}
      >
        Add days
      </button>
    </fieldset>
  );
}

function DateRow({ rule, at, onChange, children }: { rule: DateRuleText; at: ErrorOf; onChange: (part: Partial<DateRuleText>) => void; children: ReactNode }) {
  return (
    <div className="sure" role="group" aria-label="Days with other rules">
      <div className="pair pair-three">
        <TextField label="First day" name="date_from" type="date" value={rule.from} onText={(from) => onChange({ from })} error={at('from')} />
        <TextField label="Last day" name="date_to" type="date" min={rule.from} value={rule.last} onText={(last) => onChange({ last })} error={at('to')} />
        <TextField label="Shortest stay, nights" name="date_min" inputMode="numeric" value={rule.minNights} onText={(minNights) => onChange({ minNights })} error={at('min_nights')} />
      </div>
      <div className="role-row form-note">
        <label className="tick-box">
          <input type="checkbox" checked={rule.noArrival} onChange={(event) => onChange({ noArrival: event.target.checked })} />
          Nobody arrives
        </label>
        <label className="tick-box">
          <input type="checkbox" checked={rule.noDeparture} onChange={(event) => onChange({ noDeparture: event.target.checked })} />
          Nobody leaves
        </label>
        {children}
      </div>
    </div>
  );
}
