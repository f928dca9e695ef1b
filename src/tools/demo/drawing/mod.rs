//! Pictures of homes, drawn by code: outside and inside, in colours that follow from a seed.

mod canvas;
mod light;
mod outside;
mod rooms;

use fastrand::Rng;
use image::RgbImage;

use canvas::Canvas;

/// The width of a drawing in pixels; it is three to two.
const PIXELS: u16 = 800;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// A house in its garden.
    House,
    /// A house of flats in its street.
    Flats,
    /// A room to sleep in.
    Bedroom,
    /// A room with several beds.
    Dormitory,
    /// A room to sit in.
    LivingRoom,
    /// A kitchen.
    Kitchen,
}

impl Scene {
    /// Every scene.
    pub const ALL: [Self; 6] =
        [Self::House, Self::Flats, Self::Bedroom, Self::Dormitory, Self::LivingRoom, Self::Kitchen];
}

/// Draws a scene. The same seed gives the same picture.
#[must_use]
pub fn draw(scene: Scene, seed: u64) -> RgbImage {
    let mut canvas = Canvas::new(PIXELS);
    let mut dice = Dice(Rng::with_seed(seed));
    match scene {
        Scene::House => outside::house(&mut canvas, &mut dice),
        Scene::Flats => outside::flats(&mut canvas, &mut dice),
        Scene::Bedroom => rooms::bedroom(&mut canvas, &mut dice),
        Scene::Dormitory => rooms::dormitory(&mut canvas, &mut dice),
        Scene::LivingRoom => rooms::living_room(&mut canvas, &mut dice),
        Scene::Kitchen => rooms::kitchen(&mut canvas, &mut dice),
    }
    canvas.into_image()
}

/// What is left to chance.
struct Dice(Rng);

impl Dice {
    fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        self.0.choice(from).copied().unwrap_or_default()
    }

    fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.0.f32()
    }

    fn chance(&mut self) -> bool {
        self.0.bool()
    }
}
