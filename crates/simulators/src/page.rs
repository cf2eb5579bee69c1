//! The hosted page: plainly a simulator's, with buttons for whatever a buyer may do.

/// What the page shows.
pub(crate) struct Page<'a> {
    /// "Stripe" or "PayPal".
    pub provider: &'a str,
    /// What is bought, with the price of each.
    pub lines: Vec<(String, String)>,
    /// What is to be paid.
    pub total: String,
    /// Where the buttons lead: their paths begin with it.
    pub at: &'a str,
    /// Said above the buttons.
    pub message: Option<&'a str>,
    /// Whether there is still something to pay.
    pub open: bool,
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f4f6;color:#1c1c22}\
main{max-width:26rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.75rem}\
.notice{background:#7a1f1f;color:#fff;padding:.75rem 1rem;border-radius:.5rem;font-weight:600}\
table{width:100%;border-collapse:collapse;margin:1rem 0}td{padding:.25rem 0}td+td{text-align:right}\
.total td{border-top:1px solid #bbb;font-weight:600}\
button{font:inherit;width:100%;padding:.7rem;margin-top:.5rem;border:1px solid #555;border-radius:.5rem;\
background:#fff;color:inherit;cursor:pointer}button.pay{background:#14532d;color:#fff;border-color:#14532d}\
button:focus-visible,select:focus-visible{outline:3px solid #2563eb;outline-offset:2px}\
select{font:inherit;width:100%;padding:.4rem}.message{font-weight:600}";

/// The page as HTML.
pub(crate) fn render(page: &Page<'_>) -> String {
    let provider = escape(page.provider);
    let lines: String = page.lines.iter().map(|(name, price)| row("", name, price)).collect();
    let total = row(" class=\"total\"", "Total", &page.total);
    let message =
        page.message.map(|text| format!("<p class=\"message\" role=\"status\">{}</p>", escape(text)));
    let buttons = if page.open { buttons(page.at) } else { String::new() };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
<title>SIMULATOR of {provider}</title><style>{STYLE}</style></head><body><main>\
<p class=\"notice\">SIMULATOR of {provider} \u{2013} no real money</p><h1>Payment</h1>\
<table>{lines}{total}</table>{}{buttons}</main></body></html>",
        message.unwrap_or_default()
    )
}

fn row(class: &str, name: &str, price: &str) -> String {
    format!("<tr{class}><td>{}</td><td>{}</td></tr>", escape(name), escape(price))
}

fn buttons(at: &str) -> String {
    let at = escape(at);
    let form = |action: &str, inside: &str| {
        format!("<form method=\"post\" action=\"{at}/{action}\">{inside}</form>")
    };
    let notices = "<label>Notice to the shop <select name=\"webhook\"><option value=\"now\">at once</option>\
<option value=\"late\">two seconds late</option><option value=\"twice\">twice</option>\
<option value=\"lost\">never</option></select></label>";
    let pay = format!("{notices}<button class=\"pay\">Pay</button>");
    [form("pay", &pay), form("decline", "<button>Decline</button>"), form("leave", "<button>Leave</button>")]
        .concat()
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shop_wrote_cannot_become_markup() {
        let lines = vec![("<script>alert(1)</script>".to_owned(), "1.00 EUR".to_owned())];
        let page = Page {
            provider: "Stripe",
            lines,
            total: "1.00 EUR".into(),
            at: "/checkout/a\"b",
            message: Some("<b>"),
            open: true,
        };
        let html = render(&page);
        assert!(html.contains("SIMULATOR") && html.contains("no real money"));
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("a\"b"));
    }

    #[test]
    fn a_closed_page_has_no_buttons() {
        let page = Page {
            provider: "PayPal",
            lines: vec![],
            total: "1".into(),
            at: "/x",
            message: None,
            open: false,
        };
        assert!(!render(&page).contains("<button"));
    }
}
