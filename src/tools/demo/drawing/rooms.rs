//! Homes from inside.

use super::Dice;
use super::canvas::{Canvas, Colour, HEIGHT, Paint, Pair, WIDTH, darker, lighter, mixed};
use super::light::SKIES;

const WALLS: &[Colour] = &[
    [242, 234, 222],
    [222, 230, 226],
    [234, 220, 206],
    [208, 218, 228],
    [232, 226, 200],
    [226, 212, 214],
];

const FLOORS: &[Colour] = &[[196, 154, 112], [170, 128, 92], [214, 182, 142], [142, 110, 86]];

const CLOTHS: &[Colour] = &[
    [92, 128, 146],
    [188, 108, 88],
    [118, 142, 110],
    [216, 174, 96],
    [128, 108, 146],
    [84, 98, 124],
];

const LEAF: Colour = [96, 140, 92];
const WHITE: Colour = [250, 248, 244];

/// The height at which wall and floor meet.
const FLOOR: f32 = 47.0;

/// A room to sleep in.
pub(super) fn bedroom(canvas: &mut Canvas, dice: &mut Dice) {
    let wall = shell(canvas, dice);
    let cloth = dice.pick(CLOTHS);
    let left = dice.between(28.0, 40.0);
    let at = if left < 34.0 { 74.0 } else { 8.0 };
    window(canvas, dice, (at, 10.0), (18.0, 24.0));
    frame(canvas, dice, (left + 8.0, 9.0));
    bed(canvas, (left, 28.0), 34.0, cloth);
    night_table(canvas, left - 9.0);
    night_table(canvas, left + 36.0);
    rug(canvas, dice, (left + 17.0, 62.0), wall);
}

/// A room with several beds.
pub(super) fn dormitory(canvas: &mut Canvas, dice: &mut Dice) {
    shell(canvas, dice);
    window(canvas, dice, (40.0, 9.0), (20.0, 22.0));
    let wood = dice.pick(FLOORS);
    for left in [6.0, 66.0] {
        for (top, shade) in [(18.0, 0.0), (38.0, 0.1)] {
            let cloth = darker(dice.pick(CLOTHS), shade);
            canvas.rect((left, top), (28.0, 2.2), Paint::Flat(darker(wood, 0.15)));
            canvas.rect((left + 0.8, top - 3.2), (26.4, 3.4), Paint::Down(WHITE, [226, 224, 220]));
            canvas.rect(
                (left + 8.0, top - 3.6),
                (19.4, 3.9),
                Paint::Down(lighter(cloth, 0.15), cloth),
            );
            canvas.ellipse((left + 4.4, top - 3.6), (3.2, 1.4), Paint::Flat(WHITE));
        }
        for post in [left - 0.6, left + 26.8] {
            canvas.rect(
                (post, 10.0),
                (1.8, 42.0),
                Paint::Down(lighter(wood, 0.1), darker(wood, 0.1)),
            );
        }
        canvas.rect((left + 19.6, 20.0), (0.9, 30.0), Paint::Flat(darker(wood, 0.2)));
        for step in 0..5_u8 {
            let y = 22.0 + 5.0 * f32::from(step);
            canvas.rect((left + 20.0, y), (6.8, 0.7), Paint::Flat(darker(wood, 0.25)));
        }
    }
    plant(canvas, dice, (50.0, 52.0));
}

/// A room to sit in.
pub(super) fn living_room(canvas: &mut Canvas, dice: &mut Dice) {
    let wall = shell(canvas, dice);
    let is_left = dice.chance();
    window(canvas, dice, (if is_left { 8.0 } else { 62.0 }, 7.0), (30.0, 28.0));
    let x = if is_left { 46.0 } else { 12.0 };
    for picture in 0..2_u8 {
        frame(canvas, dice, (x + 2.0 + 17.0 * f32::from(picture), 12.0));
    }
    rug(canvas, dice, (50.0, 60.0), wall);
    let cloth = dice.pick(CLOTHS);
    let left = dice.between(24.0, 32.0);
    let shadow = Paint::Glass([40, 34, 30], 0.25);
    canvas.ellipse((left + 22.0, 55.6), (26.0, 1.6), shadow);
    canvas.rect((left, 36.0), (44.0, 12.0), Paint::Down(lighter(cloth, 0.12), cloth));
    canvas.rect((left + 1.0, 45.0), (42.0, 6.0), Paint::Down(lighter(cloth, 0.22), cloth));
    canvas.rect((left - 4.0, 41.0), (6.0, 13.0), Paint::Down(cloth, darker(cloth, 0.2)));
    canvas.rect((left + 42.0, 41.0), (6.0, 13.0), Paint::Down(cloth, darker(cloth, 0.2)));
    canvas.rect((left, 51.0), (44.0, 3.4), Paint::Flat(darker(cloth, 0.28)));
    canvas.rect((left + 21.7, 37.0), (0.6, 14.0), Paint::Flat(darker(cloth, 0.15)));
    for at in [left + 5.0, left + 34.0] {
        let cushion = dice.pick(CLOTHS);
        canvas.ellipse((at, 43.0), (4.4, 3.4), Paint::Down(lighter(cushion, 0.25), cushion));
    }
    lamp(canvas, left - 12.0);
    plant(canvas, dice, (left + 60.0, 54.0));
}

/// A kitchen.
pub(super) fn kitchen(canvas: &mut Canvas, dice: &mut Dice) {
    let wall = shell(canvas, dice);
    let (front, top) = (dice.pick(CLOTHS), dice.pick(FLOORS));
    let tile = lighter(wall, 0.5);
    canvas.rect((0.0, 24.0), (WIDTH, 10.0), Paint::Flat(tile));
    for line in 0..20_u8 {
        canvas.rect((5.0 * f32::from(line), 24.0), (0.25, 10.0), Paint::Flat(darker(tile, 0.1)));
    }
    canvas.rect((0.0, 29.0), (WIDTH, 0.25), Paint::Flat(darker(tile, 0.1)));
    window(canvas, dice, (38.0, 6.0), (24.0, 19.0));
    for left in [2.0, 19.0, 65.0, 82.0] {
        cupboard(canvas, (left, 5.0), (16.0, 16.0), front);
    }
    canvas.rect((0.0, 33.4), (WIDTH, 2.2), Paint::Down(lighter(top, 0.25), top));
    canvas.rect((0.0, 35.6), (WIDTH, 18.0), Paint::Flat(darker(front, 0.3)));
    for place in 0..6_u8 {
        cupboard(canvas, (0.6 + 16.6 * f32::from(place), 36.0), (15.8, 17.0), front);
    }
    canvas.rect((0.0, 53.0), (WIDTH, 1.6), Paint::Flat([70, 66, 66]));
    let oven = dice.pick(&[1_u8, 4]);
    let x = 0.6 + 16.6 * f32::from(oven);
    canvas.rect((x, 36.0), (15.8, 17.0), Paint::Down([92, 94, 100], [64, 66, 72]));
    canvas.rect((x + 2.0, 41.0), (11.8, 8.0), Paint::Down([40, 42, 48], [84, 70, 56]));
    canvas.rect((x + 2.0, 38.6), (11.8, 0.8), Paint::Flat([200, 202, 206]));
    canvas.rect((48.6, 27.0), (0.9, 6.6), Paint::Flat([186, 190, 196]));
    canvas.rect((46.0, 27.0), (3.4, 0.9), Paint::Flat([186, 190, 196]));
    for (at, fruit) in [(70.0, [214, 98, 62]), (72.6, [230, 172, 70]), (75.0, [150, 168, 72])] {
        canvas.ellipse((at, 31.6), (1.7, 1.7), Paint::Down(lighter(fruit, 0.2), fruit));
    }
    canvas.ellipse((72.4, 33.0), (5.2, 1.2), Paint::Flat([236, 232, 224]));
    pot(canvas, (x + 5.0, 33.4), dice.pick(CLOTHS));
}

/// Wall and floor; the wall's colour.
fn shell(canvas: &mut Canvas, dice: &mut Dice) -> Colour {
    let (wall, floor) = (dice.pick(WALLS), dice.pick(FLOORS));
    canvas.rect((0.0, 0.0), (WIDTH, FLOOR), Paint::Down(darker(wall, 0.05), lighter(wall, 0.2)));
    canvas.rect(
        (0.0, FLOOR),
        (WIDTH, HEIGHT - FLOOR),
        Paint::Down(darker(floor, 0.18), lighter(floor, 0.1)),
    );
    // Boards run towards whoever looks.
    for board in 0..15_u8 {
        let from = WIDTH * f32::from(board) / 14.0;
        let to = 50.0 + (from - 50.0) * 2.2;
        let line = [(from, FLOOR), (from + 0.15, FLOOR), (to + 0.4, HEIGHT), (to, HEIGHT)];
        canvas.polygon(&line, Paint::Glass(darker(floor, 0.5), 0.4));
    }
    canvas.rect((0.0, FLOOR - 1.6), (WIDTH, 1.6), Paint::Flat(lighter(wall, 0.6)));
    wall
}

fn window(canvas: &mut Canvas, dice: &mut Dice, (x, y): Pair, (width, height): Pair) {
    let sky = dice.pick(SKIES);
    canvas.rect((x - 1.0, y - 1.0), (width + 2.0, height + 2.0), Paint::Flat(WHITE));
    canvas.rect((x, y), (width, height), Paint::Down(sky.top, sky.low));
    let leaf = mixed(LEAF, sky.low, 0.3);
    for tree in 0..3_u8 {
        let round = width * dice.between(0.1, 0.17);
        let at = (x + width * (0.22 + 0.28 * f32::from(tree)), y + height - round * 0.7);
        canvas.ellipse(at, (round, round * 0.7), Paint::Down(lighter(leaf, 0.15), leaf));
    }
    canvas.rect((x + width / 2.0 - 0.4, y), (0.8, height), Paint::Flat(WHITE));
    canvas.rect((x, y + height * 0.35), (width, 0.7), Paint::Flat(WHITE));
    canvas.rect((x - 1.6, y + height + 1.0), (width + 3.2, 1.0), Paint::Flat(darker(WHITE, 0.1)));
    let curtain = lighter(dice.pick(CLOTHS), 0.55);
    for (left, wide) in [(x - 3.0, 5.0), (x + width - 2.0, 5.0)] {
        canvas.rect((left, y - 2.0), (wide, height + 5.0), Paint::Glass(curtain, 0.85));
        for fold in 0..3_u8 {
            let at = left + 1.2 + 1.4 * f32::from(fold);
            canvas.rect(
                (at, y - 2.0),
                (0.4, height + 5.0),
                Paint::Glass(darker(curtain, 0.4), 0.3),
            );
        }
    }
    canvas.rect((x - 4.0, y - 2.6), (width + 8.0, 0.7), Paint::Flat([120, 100, 84]));
    // Light on the floor.
    let light =
        [(x + 2.0, FLOOR), (x + width - 2.0, FLOOR), (x + width + 6.0, HEIGHT), (x - 8.0, HEIGHT)];
    canvas.polygon(&light, Paint::Glass(sky.sun, 0.16));
}

fn frame(canvas: &mut Canvas, dice: &mut Dice, (x, y): Pair) {
    canvas.rect((x - 0.6, y - 0.6), (13.2, 10.2), Paint::Flat([96, 82, 70]));
    canvas.rect((x, y), (12.0, 9.0), Paint::Flat(WHITE));
    let (one, other) = (dice.pick(CLOTHS), dice.pick(CLOTHS));
    canvas.rect((x + 1.4, y + 1.2), (9.2, 6.6), Paint::Down(lighter(one, 0.6), lighter(one, 0.2)));
    canvas.ellipse((x + dice.between(3.6, 8.0), y + 3.6), (1.6, 1.6), Paint::Flat(other));
    canvas.polygon(
        &[(x + 1.4, y + 7.8), (x + 5.0, y + 4.6), (x + 10.6, y + 7.8)],
        Paint::Flat(darker(one, 0.2)),
    );
}

fn bed(canvas: &mut Canvas, (left, top): Pair, width: f32, cloth: Colour) {
    let wood = [150, 114, 84];
    canvas.ellipse(
        (left + width / 2.0, 59.6),
        (width * 0.58, 1.8),
        Paint::Glass([40, 34, 30], 0.3),
    );
    canvas.rect(
        (left - 1.0, top - 4.0),
        (width + 2.0, 20.0),
        Paint::Down(lighter(wood, 0.15), wood),
    );
    canvas.rect((left, top + 10.0), (width, 21.0), Paint::Down(WHITE, [228, 224, 218]));
    for pillow in [left + 2.0, left + width / 2.0 + 1.0] {
        let wide = width / 2.0 - 3.0;
        let middle = (pillow + wide / 2.0, top + 10.6);
        canvas.ellipse(middle, (wide / 2.0, 3.8), Paint::Down(WHITE, [224, 222, 220]));
    }
    let cover = [
        (left - 0.6, top + 15.0),
        (left + width + 0.6, top + 15.0),
        (left + width + 2.0, top + 31.0),
        (left - 2.0, top + 31.0),
    ];
    canvas.polygon(&cover, Paint::Down(lighter(cloth, 0.18), darker(cloth, 0.08)));
    canvas.rect((left - 0.6, top + 14.6), (width + 1.2, 2.6), Paint::Flat(lighter(cloth, 0.55)));
}

fn night_table(canvas: &mut Canvas, x: f32) {
    let wood = [168, 130, 96];
    canvas.rect((x, 43.0), (7.0, 10.0), Paint::Down(lighter(wood, 0.1), darker(wood, 0.15)));
    canvas.rect((x + 2.4, 47.0), (2.2, 0.7), Paint::Flat([240, 224, 190]));
    canvas.rect((x + 3.2, 38.0), (0.7, 5.0), Paint::Flat([120, 110, 100]));
    for (size, part) in [(6.5, 0.12), (4.6, 0.16)] {
        canvas.ellipse((x + 3.5, 36.0), (size, size), Paint::Glass([255, 232, 176], part));
    }
    let shade = [(x + 1.8, 33.6), (x + 5.2, 33.6), (x + 6.4, 38.4), (x + 0.6, 38.4)];
    canvas.polygon(&shade, Paint::Down([255, 244, 214], [250, 224, 170]));
}

fn rug(canvas: &mut Canvas, dice: &mut Dice, at: Pair, wall: Colour) {
    let colour = mixed(dice.pick(CLOTHS), wall, 0.35);
    canvas.ellipse(at, (34.0, 5.0), Paint::Flat(darker(colour, 0.12)));
    canvas.ellipse(at, (31.5, 4.4), Paint::Flat(lighter(colour, 0.12)));
    canvas.ellipse(at, (26.0, 3.5), Paint::Flat(colour));
}

fn lamp(canvas: &mut Canvas, x: f32) {
    canvas.rect((x, 24.0), (0.8, 29.0), Paint::Flat([92, 86, 82]));
    canvas.ellipse((x + 0.4, 53.4), (4.0, 0.9), Paint::Flat([76, 72, 70]));
    canvas.ellipse((x + 0.4, 22.0), (11.0, 11.0), Paint::Glass([255, 236, 190], 0.16));
    let shade = [(x - 3.0, 17.0), (x + 3.8, 17.0), (x + 6.0, 25.0), (x - 5.2, 25.0)];
    canvas.polygon(&shade, Paint::Down([255, 246, 220], [246, 220, 168]));
}

fn plant(canvas: &mut Canvas, dice: &mut Dice, (x, foot): Pair) {
    for leaf in 0..9_u8 {
        let lean = f32::from(leaf) - 4.0;
        let high = 17.0 - lean.abs() * 1.6 + dice.between(-1.0, 1.0);
        let tip = (x + lean * 2.1, foot - 6.0 - high);
        let green = mixed(LEAF, [150, 180, 110], dice.between(0.0, 0.6));
        let middle = ((x + tip.0) / 2.0 + lean * 0.3, foot - 6.0 - high * 0.45);
        let corners =
            [(x - 0.5, foot - 6.0), (middle.0 - 1.3, middle.1), tip, (middle.0 + 1.3, middle.1)];
        canvas.polygon(&corners, Paint::Down(lighter(green, 0.1), darker(green, 0.15)));
    }
    let pot = [(x - 4.0, foot - 7.0), (x + 4.0, foot - 7.0), (x + 3.0, foot), (x - 3.0, foot)];
    canvas.polygon(&pot, Paint::Down([226, 206, 184], [190, 164, 140]));
}

fn cupboard(canvas: &mut Canvas, (x, y): Pair, (width, height): Pair, colour: Colour) {
    canvas.rect((x, y), (width, height), Paint::Down(lighter(colour, 0.2), lighter(colour, 0.05)));
    canvas.rect((x + width - 0.5, y), (0.5, height), Paint::Flat(darker(colour, 0.25)));
    canvas.rect((x, y + height - 0.4), (width, 0.4), Paint::Flat(darker(colour, 0.25)));
    canvas.rect((x + width * 0.36, y + 1.6), (width * 0.28, 0.7), Paint::Flat([238, 226, 196]));
}

fn pot(canvas: &mut Canvas, (x, foot): Pair, colour: Colour) {
    canvas.rect((x - 3.4, foot - 4.4), (6.8, 4.4), Paint::Down(lighter(colour, 0.2), colour));
    canvas.rect((x - 3.9, foot - 5.0), (7.8, 1.0), Paint::Flat(darker(colour, 0.2)));
    canvas.ellipse((x, foot - 5.4), (0.9, 0.7), Paint::Flat([60, 58, 60]));
}
