//! Homes from outside.

use super::Dice;
use super::canvas::{Canvas, Colour, HEIGHT, Paint, Pair, WIDTH, darker, lighter, mixed};
use super::light::{SKIES, Sky};

const WALLS: &[Colour] = &[
    [240, 226, 204],
    [226, 198, 170],
    [216, 220, 220],
    [196, 120, 96],
    [238, 206, 150],
    [186, 200, 186],
    [224, 178, 168],
    [164, 186, 206],
];

const ROOFS: &[Colour] =
    &[[142, 74, 60], [92, 80, 84], [168, 98, 66], [74, 88, 104], [110, 92, 76]];

const DOORS: &[Colour] =
    &[[64, 108, 120], [150, 58, 52], [62, 94, 70], [222, 176, 72], [70, 66, 92]];

const LEAVES: &[Colour] = &[[92, 142, 84], [116, 158, 82], [74, 122, 92], [148, 160, 80]];

const GLASS: Colour = [150, 186, 208];
const LIT: Colour = [255, 226, 158];
const FRAME: Colour = [250, 248, 242];

/// A house in its garden.
pub(super) fn house(canvas: &mut Canvas, dice: &mut Dice) {
    let sky = sky(canvas, dice);
    hills(canvas, dice, sky);
    let grass = mixed(dice.pick(LEAVES), [150, 190, 110], 0.5);
    let ground = 50.0;
    canvas.rect(
        (0.0, ground),
        (WIDTH, HEIGHT - ground),
        Paint::Down(lighter(grass, 0.15), darker(grass, 0.2)),
    );
    let (wall, roof) = (dice.pick(WALLS), dice.pick(ROOFS));
    let (left, width) = (dice.between(22.0, 34.0), dice.between(36.0, 44.0));
    let floors = dice.pick(&[1_u8, 2]);
    let height = if floors == 2 { 25.0 } else { 16.0 };
    let (top, right) = (ground + 3.0 - height, left + width);
    let beside = left - dice.between(9.0, 14.0);
    tree(canvas, dice, (beside, ground + 2.0), 1.2);
    canvas.ellipse(
        (left + width / 2.0, ground + 3.5),
        (width * 0.6, 1.6),
        Paint::Glass(darker(grass, 0.6), 0.5),
    );
    canvas.rect((left, top), (width, height), Paint::Down(lighter(wall, 0.2), darker(wall, 0.06)));
    canvas.rect((right - 4.0, top), (4.0, height), Paint::Glass(darker(wall, 0.4), 0.22));
    chimney(canvas, dice, (left + width * 0.7, top), roof);
    let peak = dice.between(9.0, 13.0);
    let inset = dice.between(4.0, width / 2.0);
    let corners = [
        (left - 3.0, top + 0.6),
        (left + inset, top - peak),
        (right - inset, top - peak),
        (right + 3.0, top + 0.6),
    ];
    canvas.polygon(&corners, Paint::Down(lighter(roof, 0.18), darker(roof, 0.14)));
    canvas.rect((left, top + 0.6), (width, 1.0), Paint::Glass(darker(wall, 0.6), 0.35));
    let door_at = dice.pick(&[1_u8, 2]);
    for floor in 0..floors {
        for place in 0..4_u8 {
            let x = left + width * (0.08 + 0.235 * f32::from(place));
            let y = top + 4.0 + 11.0 * f32::from(floor);
            if floor + 1 == floors && place == door_at {
                door(canvas, dice, (x, ground + 3.0), wall);
            } else {
                window(canvas, dice, (x, y), (5.4, 6.2));
            }
        }
    }
    let x = left + width * (0.08 + 0.235 * f32::from(door_at));
    let path = [(x, ground + 3.0), (x + 5.2, ground + 3.0), (x + 15.0, HEIGHT), (x - 6.0, HEIGHT)];
    canvas.polygon(&path, Paint::Down([214, 202, 182], [232, 222, 204]));
    let beside = right + dice.between(6.0, 10.0);
    tree(canvas, dice, (beside, ground + 5.0), 0.9);
    bushes(canvas, dice, ground + 4.0, (left, right));
}

/// A house of flats in its street.
pub(super) fn flats(canvas: &mut Canvas, dice: &mut Dice) {
    let sky = sky(canvas, dice);
    let ground = 57.0;
    let mut x = -2.0;
    while x < WIDTH {
        let (width, height) = (dice.between(8.0, 16.0), dice.between(10.0, 30.0));
        let far = mixed(darker(sky.low, 0.25), sky.top, 0.35);
        canvas.rect((x, ground - height), (width, height), Paint::Down(far, lighter(far, 0.3)));
        x += width + dice.between(-1.0, 3.0);
    }
    let wall = dice.pick(WALLS);
    let (left, width) = (dice.between(18.0, 28.0), dice.between(46.0, 56.0));
    let floors = dice.pick(&[4_u8, 5, 5, 6]);
    let storey = 46.0 / f32::from(floors);
    let top = ground - 48.0;
    for (from, size) in [(left - 17.0, 17.0), (left + width, 20.0)] {
        let beside = darker(dice.pick(WALLS), 0.12);
        let high = dice.between(28.0, 42.0);
        canvas.rect((from, ground - high), (size, high), Paint::Down(beside, darker(beside, 0.15)));
        for row in 0..4_u8 {
            for column in 0..2_u8 {
                let x = from + 2.5 + 7.5 * f32::from(column);
                let y = ground - high + 3.0 + 7.0 * f32::from(row);
                canvas.rect((x, y), (3.6, 4.2), Paint::Glass(GLASS, 0.8));
            }
        }
    }
    canvas.rect((left, top), (width, 48.0), Paint::Down(lighter(wall, 0.18), darker(wall, 0.08)));
    canvas.rect((left - 1.0, top - 1.4), (width + 2.0, 2.2), Paint::Flat(darker(wall, 0.25)));
    let columns = dice.pick(&[4_u8, 5, 6]);
    let (step, has_balconies) = (width / f32::from(columns), dice.chance());
    for floor in 0..floors - 1 {
        for column in 0..columns {
            let x = left + step * f32::from(column) + step * 0.25;
            let y = top + 2.0 + storey * f32::from(floor);
            let size = (step * 0.5, storey * 0.62);
            window(canvas, dice, (x, y), size);
            if has_balconies && column % 2 == 1 {
                balcony(canvas, dice, (x - step * 0.14, y + size.1 - 0.4), step * 0.78);
            }
        }
    }
    canvas.rect((left, ground - storey), (width, storey), Paint::Flat(darker(wall, 0.18)));
    shops(canvas, dice, (left, ground - storey), (width, storey));
    street(canvas, ground);
    for at in [9.0, 30.0, 88.0] {
        let x = at + dice.between(-4.0, 4.0);
        tree(canvas, dice, (x, ground + 2.4), 0.75);
    }
}

fn sky(canvas: &mut Canvas, dice: &mut Dice) -> Sky {
    let sky = dice.pick(SKIES);
    canvas.rect((0.0, 0.0), (WIDTH, HEIGHT), Paint::Down(sky.top, sky.low));
    let sun = (dice.between(8.0, 92.0), dice.between(8.0, 18.0));
    for (size, part) in [(9.0, 0.12), (6.0, 0.2), (3.4, 0.9)] {
        canvas.ellipse(sun, (size, size), Paint::Glass(sky.sun, part));
    }
    for _ in 0..dice.pick(&[2_u8, 3, 4]) {
        let (x, y) = (dice.between(-5.0, WIDTH), dice.between(4.0, 22.0));
        for puff in 0..4_u8 {
            let at = (x + 4.0 * f32::from(puff), y + dice.between(-1.2, 1.2));
            let size = (dice.between(3.6, 6.0), dice.between(1.4, 2.6));
            canvas.ellipse(at, size, Paint::Glass(lighter(sky.low, 0.6), 0.55));
        }
    }
    sky
}

fn hills(canvas: &mut Canvas, dice: &mut Dice, sky: Sky) {
    let leaf = dice.pick(LEAVES);
    for (height, part) in [(36.0, 0.65), (42.0, 0.4)] {
        let (wave, shift) = (dice.between(14.0, 24.0), dice.between(0.0, 6.0));
        let colour = mixed(leaf, sky.low, part);
        canvas.below(52.0, Paint::Down(lighter(colour, 0.1), colour), |x| {
            height + 4.0 * (x / wave + shift).sin() + 1.5 * (x / 5.0 + shift * 2.0).sin()
        });
    }
}

fn chimney(canvas: &mut Canvas, dice: &mut Dice, (x, roof_foot): Pair, roof: Colour) {
    if dice.chance() {
        let brick = mixed(roof, [170, 110, 90], 0.5);
        canvas.rect((x, roof_foot - 12.0), (4.0, 10.0), Paint::Down(brick, darker(brick, 0.2)));
        canvas.rect((x - 0.5, roof_foot - 12.8), (5.0, 1.2), Paint::Flat(darker(brick, 0.3)));
    }
}

fn window(canvas: &mut Canvas, dice: &mut Dice, (x, y): Pair, (width, height): Pair) {
    canvas.rect((x - 0.6, y - 0.6), (width + 1.2, height + 1.2), Paint::Flat(FRAME));
    let glass = if dice.0.u8(..5) == 0 { LIT } else { GLASS };
    canvas.rect((x, y), (width, height), Paint::Down(darker(glass, 0.12), lighter(glass, 0.35)));
    let shine = [(x + width * 0.55, y), (x + width * 0.8, y), (x + width * 0.3, y + height)];
    canvas.polygon(&shine, Paint::Glass([255; 3], 0.25));
    canvas.rect((x + width / 2.0 - 0.25, y), (0.5, height), Paint::Flat(FRAME));
    canvas.rect((x, y + height * 0.38), (width, 0.5), Paint::Flat(FRAME));
    canvas.rect((x - 0.9, y + height + 0.6), (width + 1.8, 0.7), Paint::Flat(darker(FRAME, 0.2)));
}

fn door(canvas: &mut Canvas, dice: &mut Dice, (x, foot): Pair, wall: Colour) {
    let colour = dice.pick(DOORS);
    canvas.rect((x - 0.8, foot - 11.0), (6.8, 11.0), Paint::Flat(lighter(wall, 0.5)));
    canvas.rect((x, foot - 10.2), (5.2, 10.2), Paint::Down(lighter(colour, 0.1), colour));
    canvas.rect((x + 1.0, foot - 9.0), (3.2, 2.6), Paint::Flat(mixed(GLASS, LIT, 0.5)));
    canvas.ellipse((x + 4.4, foot - 5.0), (0.4, 0.4), Paint::Flat([240, 214, 140]));
    canvas.rect((x - 1.2, foot - 0.4), (7.6, 1.0), Paint::Flat([206, 198, 186]));
}

fn balcony(canvas: &mut Canvas, dice: &mut Dice, (x, y): Pair, width: f32) {
    let rail = [86, 90, 100];
    canvas.rect((x, y), (width, 0.7), Paint::Flat(rail));
    canvas.rect((x, y + 2.6), (width, 0.8), Paint::Flat(darker(rail, 0.2)));
    for bar in 0..8_u8 {
        let at = x + width * f32::from(bar) / 7.0;
        canvas.rect((at - 0.1, y), (0.25, 2.8), Paint::Flat(rail));
    }
    if dice.chance() {
        let leaf = dice.pick(LEAVES);
        for plant in 0..3_u8 {
            let at = (x + width * (0.25 + 0.25 * f32::from(plant)), y - 0.2);
            canvas.ellipse(at, (1.2, 0.9), Paint::Flat(leaf));
        }
    }
}

fn shops(canvas: &mut Canvas, dice: &mut Dice, (left, top): Pair, (width, height): Pair) {
    let awning = dice.pick(DOORS);
    for part in 0..3_u8 {
        let x = left + width * (0.05 + 0.32 * f32::from(part));
        let wide = width * 0.26;
        canvas.rect(
            (x, top + height * 0.28),
            (wide, height * 0.6),
            Paint::Down(mixed(GLASS, LIT, 0.35), lighter(GLASS, 0.4)),
        );
        let corners = [
            (x - 0.5, top + height * 0.18),
            (x + wide + 0.5, top + height * 0.18),
            (x + wide + 1.2, top + height * 0.42),
            (x - 1.2, top + height * 0.42),
        ];
        canvas.polygon(&corners, Paint::Down(lighter(awning, 0.2), awning));
    }
}

fn street(canvas: &mut Canvas, ground: f32) {
    canvas.rect((0.0, ground), (WIDTH, 3.4), Paint::Down([214, 210, 202], [196, 192, 186]));
    canvas.rect((0.0, ground + 3.4), (WIDTH, 0.6), Paint::Flat([160, 156, 152]));
    canvas.rect(
        (0.0, ground + 4.0),
        (WIDTH, HEIGHT - ground - 4.0),
        Paint::Down([112, 112, 118], [92, 92, 100]),
    );
    for dash in 0..7_u8 {
        let x = 3.0 + 15.0 * f32::from(dash);
        canvas.rect((x, ground + 6.6), (7.0, 0.6), Paint::Flat([226, 222, 206]));
    }
}

fn tree(canvas: &mut Canvas, dice: &mut Dice, (x, foot): Pair, size: f32) {
    let leaf = dice.pick(LEAVES);
    canvas.rect(
        (x - 0.9 * size, foot - 12.0 * size),
        (1.8 * size, 12.0 * size),
        Paint::Down([112, 84, 62], [90, 68, 54]),
    );
    let crown = [(-3.4, -12.0, 4.6), (3.4, -12.4, 4.4), (0.0, -16.6, 5.6), (0.6, -11.0, 4.8)];
    for (across, up, round) in crown {
        let at = (x + across * size, foot + up * size);
        let around = round * size * dice.between(0.9, 1.1);
        canvas.ellipse(at, (around, around), Paint::Down(lighter(leaf, 0.14), darker(leaf, 0.2)));
    }
}

fn bushes(canvas: &mut Canvas, dice: &mut Dice, foot: f32, (left, right): Pair) {
    let leaf = dice.pick(LEAVES);
    for _ in 0..5 {
        let is_left = dice.chance();
        let at =
            if is_left { left + dice.between(-4.0, 4.0) } else { right - dice.between(-4.0, 4.0) };
        let size = (dice.between(2.0, 3.4), dice.between(1.6, 2.4));
        canvas.ellipse((at, foot), size, Paint::Down(lighter(leaf, 0.2), darker(leaf, 0.12)));
    }
}
