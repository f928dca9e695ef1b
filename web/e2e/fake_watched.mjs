// Saved searches and favourites of the fake server: as much as it takes to look at the pages.
import { randomUUID } from 'node:crypto';

/** `parts` are what the rest of the fake lends. */
export function watching({ Refused, must, properties, once, search, cardOf, iso }) {
  const searches = new Map();
  const favourites = new Map();
  const none = { status: 204 };
  const list = (data) => ({ status: 200, body: { data, page: { next: null, has_more: false } } });
  const missing = () => new Refused(404, 'not-found', 'there is nothing here that you may see');

  /** Homes that match a saved search: here all that do, whenever they came. */
  function found({ criteria }) {
    const plain = Object.entries(criteria).filter(([, value]) => typeof value !== 'object');
    const query = new URLSearchParams(plain.map(([name, value]) => [name, String(value)]));
    if (criteria.bbox) query.set('bbox', criteria.bbox.join(','));
    return search(query).body.data;
  }

  const shown = ({ user: _, seen, ...one }) => {
    const matches = found(one).length;
    return { ...one, matches, new: seen ? 0 : matches };
  };

  function kept({ user: _, ...one }) {
    const property = properties.get(one.property_id);
    const home = property.status === 'live' ? cardOf(property) : undefined;
    return { ...one, title: property.title, ...(home && { home, price_now: property.price_per_night }) };
  }

  function ofSearches(request, id, verb, body) {
    const user = must(request);
    if (!id && request.method === 'GET') return list([...searches.values()].filter((one) => one.user === user.id).reverse().map(shown));
    if (!id) {
      return once(request, body, () => {
        const one = { alert: 'daily', ...body, id: `sav_${randomUUID().replaceAll('-', '')}`, created_at: iso(), user: user.id };
        searches.set(one.id, one);
        return { status: 201, body: shown(one) };
      });
    }
    const one = searches.get(id);
    if (one?.user !== user.id) throw missing();
    if (verb === 'matches') return list(found(one).map((home) => ({ home, matched_at: one.created_at, new: !one.seen })));
    if (request.method === 'DELETE') searches.delete(id);
    else if (request.method === 'PATCH') Object.assign(one, body);
    return request.method === 'DELETE' ? none : { status: 200, body: shown(one) };
  }

  function ofFavourites(request, id, body) {
    const user = must(request);
    const key = `${user.id} ${id}`;
    if (!id) return list([...favourites.values()].filter((one) => one.user === user.id).reverse().map(kept));
    if (request.method === 'DELETE') {
      if (!favourites.delete(key)) throw missing();
      return none;
    }
    const property = properties.get(id);
    if (!property) throw missing();
    const dated = body.check_in ? { check_in: body.check_in, check_out: body.check_out, nights_free: true } : {};
    favourites.set(key, { price_then: property.price_per_night, created_at: iso(), ...favourites.get(key), ...dated, property_id: id, user: user.id });
    return { status: 200, body: kept(favourites.get(key)) };
  }

  return function api(request, path, body) {
    const [, noun, id, verb] = path.split('/');
    if (noun === 'saved-searches') return ofSearches(request, id, verb, body);
    if (noun === 'favourites') return ofFavourites(request, id, body);
    if (noun === 'properties' && verb === 'similar' && properties.has(id)) {
      const own = properties.get(id);
      const like = [...properties.values()].filter((one) => one.id !== id && one.status === 'live' && one.kind === own.kind && one.address.city === own.address.city);
      return { status: 200, body: { data: like.slice(0, 6).map((one) => cardOf(one)) } };
    }
    return null;
  };
}
