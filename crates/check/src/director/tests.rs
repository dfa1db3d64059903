mod model_based;
mod reference;
mod reload;
mod suspend;
mod timing;
mod told;
mod weights;
mod world;
