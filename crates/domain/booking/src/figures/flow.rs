//! What happened to tickets and money within a span, as sums.

use serde::{Deserialize, Serialize};

macro_rules! flow {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Sums over a span, all in one currency; amounts in its minor units. What is taken back is taken off.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Flow {
            $($(#[$doc])* pub $name: i64,)+
        }

        impl Flow {
            /// Each sum with its name.
            #[must_use]
            pub fn named(&self) -> Vec<(&'static str, i64)> {
                vec![$((stringify!($name), self.$name)),+]
            }

            /// Adds another one up.
            pub fn add(&mut self, other: &Self) {
                $(self.$name = self.$name.saturating_add(other.$name);)+
            }

            /// The same so many times.
            #[must_use]
            pub fn times(self, count: i64) -> Self {
                Self { $($name: self.$name.saturating_mul(count)),+ }
            }
        }
    };
}

flow!(
    /// Tickets that were issued.
    tickets,
    /// Orders whose tickets were issued.
    orders,
    /// Of these, those that were made with a voucher.
    vouchered,
    /// What vouchers made them cheaper by.
    discount,
    /// Refunds that were decided.
    refunds,
    /// What was sold, at the price that it was sold at.
    sold,
    /// Of that, what was sold with a voucher.
    sold_with_voucher,
    /// What came beyond that price, or below it, and was taken for it.
    differences,
    /// What was decided to go back of what was sold.
    refunded,
    /// What was decided to go back of money that had bought nothing.
    unearned,
    /// What has gone back, of both.
    gone,
    /// What lost disputes took of what was sold.
    disputed,
    /// What the platform keeps.
    platform_fees,
    /// What providers kept of charges.
    provider_fees,
    /// What providers took for disputes.
    dispute_fees,
);

impl Flow {
    /// What is left of what was sold, before fees.
    #[must_use]
    pub fn net(&self) -> i64 {
        let came = self.sold.saturating_add(self.differences);
        came.saturating_sub(self.refunded).saturating_sub(self.disputed)
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
