use crate::BookingStore; /// x
pub struct Bookings; /// x
pub struct Door;
