pub mod count;
pub mod record;
