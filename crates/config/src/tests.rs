//! Whole configurations, from text to model.

mod mistakes;
mod seed;
