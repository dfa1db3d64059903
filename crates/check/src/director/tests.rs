mod model_based;
mod reference;
mod reload;
mod suspend;
mod told;
mod weights;
mod world;
