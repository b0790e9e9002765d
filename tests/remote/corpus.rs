//! `ngramcount corpus`: what Google publishes.
