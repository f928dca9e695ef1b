import { useId } from 'react';
import type { Kind } from '../api/types';

/** Stands where a photo will: a dusk scene drawn from the listing's id, always the same
 *  for the same home. Give it the box of a photo and it fills it. */
export function HomeArt({ id, kind, wide = false, className = '' }: {
  id: string;
  kind: Kind;
  /** For boxes much wider than a photo: shows more around the home, instead of less of it. */
  wide?: boolean;
  className?: string;
}) {
  const sky = useId();
  const roll = dice(id);
  const tones = TONES[roll(TONES.length)] as Tones;
  const scene: Scene = { tones, roll, lit: LIT };
  const sunX = 50 + roll(260);
  return (
    <svg
      className={`art ${className}`}
      viewBox={wide ? '-210 28 780 206' : '0 0 360 240'}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <defs>
        <linearGradient id={sky} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor={tones.high} />
          <stop offset="1" stopColor={tones.low} />
        </linearGradient>
      </defs>
      <rect x="-600" width="1560" height="240" fill={`url(#${sky})`} />
      {kind === 'bed' ? (
        <BedScene {...scene} />
      ) : kind === 'room' ? (
        <RoomScene {...scene} />
      ) : (
        <>
          <circle cx={sunX} cy={52 + roll(40)} r={14 + roll(8)} fill={tones.sun} opacity="0.9" />
          <path d={hills(roll)} fill={tones.far} />
          {kind === 'flat' ? <FlatScene {...scene} /> : <HouseScene {...scene} />}
        </>
      )}
    </svg>
  );
}

interface Tones {
  high: string;
  low: string;
  sun: string;
  far: string;
  near: string;
  wall: string;
  shade: string;
  roof: string;
}

interface Scene {
  tones: Tones;
  roll: (sides: number) => number;
  lit: string;
}

const LIT = '#ffd27a';

const TONES: Tones[] = [
  { high: '#38477f', low: '#e3a98c', sun: '#fbe3c0', far: '#5a5f8c', near: '#2c3358', wall: '#efe6da', shade: '#d3c5b6', roof: '#7a3f3a' },
  { high: '#6f9cc4', low: '#f1dfc8', sun: '#fff6e0', far: '#8fa9b5', near: '#4c6a66', wall: '#c9694f', shade: '#a9543f', roof: '#4a3634' },
  { high: '#22505f', low: '#dcbf8f', sun: '#fbeac2', far: '#4d7673', near: '#1f3f41', wall: '#e9e3d3', shade: '#c9c2ae', roof: '#2f4a55' },
  { high: '#4a3a66', low: '#dd9a8d', sun: '#ffdcc4', far: '#74587f', near: '#33284b', wall: '#b9a3b8', shade: '#97819a', roof: '#3c2f4e' },
  { high: '#7ba598', low: '#efe7cf', sun: '#fffbe8', far: '#93b3a1', near: '#4d7160', wall: '#f4efe3', shade: '#d8d0bd', roof: '#8d5a3f' },
  { high: '#4b617b', low: '#d5c3b2', sun: '#f6e9d8', far: '#72849a', near: '#35465b', wall: '#8c9aa8', shade: '#707f8f', roof: '#2d3947' },
  { high: '#2a3a6d', low: '#b99bbd', sun: '#f3e4f4', far: '#565d95', near: '#232c54', wall: '#d9b48c', shade: '#bd9668', roof: '#54353b' },
];

function HouseScene({ tones, roll, lit }: Scene) {
  const wide = 128 + roll(40);
  const left = 180 - wide / 2 + (roll(60) - 30);
  const right = left + wide;
  const peak = 62 + roll(18);
  const door = left + 18 + roll(3) * ((wide - 60) / 2);
  const windows = [0.16, 0.44, 0.72].map((share) => left + wide * share);
  return (
    <>
      <path d="M-600 206Q-300 190 0 205q90-14 180-8t180-4q300 2 600 8v47H-600z" fill={tones.near} />
      {[-150 + roll(40), -74 + roll(30), 432 + roll(30), 500 + roll(60)].map((x) => (
        <Tree key={x} x={x} tones={tones} />
      ))}
      <Tree x={roll(2) ? left - 40 : right + 36} tones={tones} />
      <rect x={right - 34} y={peak + 2} width="13" height="40" fill={tones.shade} />
      <rect x={left} y="122" width={wide} height="82" fill={tones.wall} />
      <rect x={left + wide / 2} y="122" width={wide / 2} height="82" fill={tones.shade} opacity="0.35" />
      <path d={`M${left - 13} 126 ${left + wide / 2} ${peak} ${right + 13} 126z`} fill={tones.roof} />
      <rect x={left + wide / 2 - 9} y="92" width="18" height="20" rx="9" fill={roll(2) ? lit : tones.near} />
      {windows.map((x, index) => (
        <Pane key={x} x={x} y={134} w={22} h={24} on={index === 1 || roll(2) === 1} tones={tones} lit={lit} />
      ))}
      <path d={`M${door} 204v-28a10 10 0 0 1 20 0v28z`} fill={tones.roof} />
      <circle cx={door + 16} cy="190" r="1.600" fill={lit} />
    </>
  );
}

function FlatScene({ tones, roll, lit }: Scene) {
  const columns = 4 + roll(2);
  const floors = 4 + roll(2);
  const wide = columns * 28 + 27;
  const left = 180 - wide / 2 + (roll(50) - 25);
  const top = 206 - floors * 27 - 10;
  const home = roll(floors - 1);
  const neighbour = 46 + roll(24);
  const cells = Array.from({ length: floors * columns }, (_, index) => index);
  return (
    <>
      <rect x={left - neighbour + 6} y={top + 44} width={neighbour} height="170" fill={tones.near} opacity="0.75" />
      <rect x={left + wide - 6} y={top + 26} width={neighbour + 8} height="190" fill={tones.near} opacity="0.6" />
      {[-190, -128, -52, 372, 446, 520].map((x) => {
        const high = 50 + roll(70);
        return <rect key={x} x={x} y={206 - high} width={48 + roll(26)} height={high} fill={tones.near} opacity={0.45 + roll(3) / 10} />;
      })}
      <path d="M-600 206Q-300 200 0 208q180-12 360-2q300-6 600 0v34H-600z" fill={tones.near} />
      <rect x={left} y={top} width={wide} height={206 - top} fill={tones.wall} />
      <rect x={left + wide - 18} y={top} width="18" height={206 - top} fill={tones.shade} />
      <rect x={left - 4} y={top - 6} width={wide + 8} height="8" rx="1" fill={tones.roof} />
      {cells.map((cell) => {
        const floor = Math.floor(cell / columns);
        const on = floor === home || roll(6) === 0;
        const x = left + 10 + (cell % columns) * 28;
        return <Pane key={cell} x={x} y={top + 10 + floor * 27} w={17} h={17} on={on} tones={tones} lit={lit} />;
      })}
      <rect x={left + 4} y={top + 29 + home * 27} width={wide - 26} height="3" fill={tones.roof} />
      <rect x={left + wide / 2 - 20} y="186" width="22" height="20" fill={tones.roof} />
    </>
  );
}

function RoomScene({ tones, roll, lit }: Scene) {
  const plant = roll(2) === 0;
  const curtain = [tones.roof, tones.near, tones.far][roll(3)];
  return (
    <>
      <rect x="-600" width="1560" height="240" fill={tones.wall} />
      <rect x="92" y="34" width="176" height="150" rx="3" fill={tones.shade} />
      <rect x="102" y="44" width="156" height="130" fill={tones.near} />
      <rect x="102" y="44" width="156" height="130" fill={lit} opacity="0.82" />
      <rect x="176" y="96" width="78" height="78" fill={tones.roof} opacity="0.16" />
      <path d="M214 44v26" stroke={tones.near} strokeWidth="2" />
      <path d="M198 88q0-18 16-18t16 18z" fill={tones.roof} />
      <circle cx="214" cy="90" r="5" fill="#fff6dd" />
      <path d="M102 44h34q-4 78-30 130h-4zM258 44h-26q2 78 22 130h4z" fill={curtain} opacity="0.9" />
      <path d="M180 44v130M102 104h156" stroke={tones.shade} strokeWidth="5" />
      <rect x="80" y="184" width="200" height="10" rx="2" fill={tones.shade} />
      <rect x="-600" y="194" width="1560" height="46" fill={tones.shade} opacity="0.35" />
      {plant ? (
        <>
          <path d="M150 184q-14-20-6-34 8 14 8 30 2-22 14-28 2 18-10 32z" fill={tones.near} />
          <path d="M142 174h24l-3 11h-18z" fill={tones.roof} />
        </>
      ) : (
        <path d="M140 185v-24h7v24zM148 185v-30h6v30zM155 185v-20h8v20z" fill={tones.roof} />
      )}
    </>
  );
}

function BedScene({ tones, roll, lit }: Scene) {
  const cover = [tones.roof, tones.near, tones.far][roll(3)];
  const flip = roll(2) === 0 ? 'translate(360 0) scale(-1 1)' : undefined;
  return (
    <g transform={flip}>
      <rect x="-600" width="1560" height="240" fill={tones.wall} />
      <rect x="-600" y="196" width="1560" height="44" fill={tones.shade} />
      <rect x="52" y="30" width="92" height="84" rx="2" fill={tones.shade} />
      <rect x="59" y="37" width="78" height="70" fill={tones.high} />
      <circle cx="114" cy="58" r="9" fill={tones.sun} />
      <path d="M59 107V92q22-12 40-4t38-2v21z" fill={tones.near} />
      <path d="M98 37v70M59 72h78" stroke={tones.shade} strokeWidth="3" />
      <circle cx="300" cy="112" r="44" fill={lit} opacity="0.35" />
      <path d="M286 118l6-24h16l6 24z" fill={lit} />
      <path d="M300 118v22" stroke={tones.near} strokeWidth="3" />
      <rect x="280" y="140" width="40" height="62" rx="2" fill={tones.shade} />
      <path d="M280 162h40" stroke={tones.wall} strokeWidth="2" />
      <rect x="60" y="122" width="10" height="88" rx="3" fill={tones.roof} />
      <rect x="250" y="158" width="9" height="52" rx="3" fill={tones.roof} />
      <rect x="66" y="166" width="188" height="28" rx="4" fill="#fdfaf3" />
      <rect x="76" y="150" width="54" height="22" rx="9" fill="#fff" />
      <path d="M124 162q8-6 20-6h98q12 0 12 12v28H124z" fill={cover} />
      <path d="M124 162q8-6 20-6h6v40h-26z" fill="#fff" opacity="0.28" />
    </g>
  );
}

function Pane({ x, y, w, h, on, tones, lit }: { x: number; y: number; w: number; h: number; on: boolean; tones: Tones; lit: string }) {
  return (
    <>
      <rect x={x} y={y} width={w} height={h} rx="1" fill={on ? lit : tones.near} opacity={on ? 1 : 0.78} />
      <path d={`M${x + w / 2} ${y}v${h}M${x} ${y + h / 2}h${w}`} stroke={tones.wall} strokeWidth="1.600" />
    </>
  );
}

function Tree({ x, tones }: { x: number; tones: Tones }) {
  return (
    <>
      <rect x={x - 2} y="168" width="4" height="36" fill={tones.near} />
      <ellipse cx={x} cy="152" rx="19" ry="30" fill={tones.near} />
    </>
  );
}

function hills(roll: (sides: number) => number): string {
  const a = 150 + roll(24);
  const b = 140 + roll(34);
  return `M-600 ${b}Q-420 ${a - 30} -240 ${a}T0 ${a}Q80 ${b - 24} 160 ${a - 6}T360 ${b}T640 ${a - 12}T960 ${b}V240H-600z`;
}

/** Numbers that follow from the id alone (FNV-1a, then xorshift). */
function dice(id: string): (sides: number) => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) {
    state = Math.imul(state ^ id.charCodeAt(at), 0x01000193) >>> 0;
  }
  state = state || 1;
  return (sides) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % sides;
  };
}
