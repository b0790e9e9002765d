//! Tests of the scheduler: each rule on the shortest sequence of events that shows it, and a simulation of
//! random events.

mod bisection;
mod failures;
mod harness;
mod leases;
mod simulation;
mod timeouts;
