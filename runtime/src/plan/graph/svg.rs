//! A plan as a drawing in SVG: layers from left to right, no fonts and nothing else from outside.

use super::rows::{Place, Route, Rows};
use crate::plan::timing::Timing;
use crate::plan::{Node, Plan, Work};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The width of a character, in pixels: names are written in a font of one width.
const CHARACTER: usize = 8;
/// The measures of tasks and of the room between them, in pixels.
const HEIGHT: usize = 40;
const ROW: usize = 60;
const GAP: usize = 56;
const MARGIN: usize = 24;
/// The width of a layer in which edges only pass.
const WIDTH_MIN: usize = 40;
/// Longer names are cut in the drawing, in characters; the whole name is shown where one points at it.
const NAME_MAX: usize = 40;

const STYLE: &str = "text{font:13px monospace;fill:#1b1f24}.doer{fill:#57606a;font-size:11px}\
rect{fill:#f6f8fa;stroke:#57606a;stroke-width:1.2}.join{fill:#fff;stroke-dasharray:2 3}.undo{fill:#fff;stroke-dasharray:6 3}\
path{fill:none;stroke:#8c959f;stroke-width:1.2}path.undo{stroke-dasharray:6 3}.critical{stroke:#1b1f24;stroke-width:2.6}\
.page{fill:#fff;stroke:none}.gate{fill:#8250df;font-size:11px}";

/// Draws a plan. The tasks of the critical path have thick lines, those that nobody does dotted ones, and those that undo
/// dashed ones.
#[must_use]
pub fn svg(plan: &Plan, timing: &Timing) -> String {
    let rows = Rows::of(plan);
    let page = Page::of(plan, &rows);
    let critical: BTreeSet<usize> = timing.critical.iter().copied().collect();
    let steps: BTreeSet<&[usize]> = timing.critical.windows(2).collect();
    let mut drawn = String::new();
    let title = escaped(&plan.workflow);
    let (width, height) = (page.width, page.height);
    // Writing into a text does not fail.
    let _ = writeln!(
        drawn,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">\n<title>{title}</title>\n<desc>{} tasks in {} layers, drawn from left to right.</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>",
        plan.tasks.len(),
        rows.layers.len()
    );
    for route in &rows.edges {
        let is_critical = steps.contains([route.from, route.to].as_slice());
        page.edge(&mut drawn, route, is_critical);
    }
    for (layer, places) in rows.layers.iter().enumerate() {
        for (row, place) in places.iter().enumerate() {
            if let Place::Task(task) = place
                && let Some(node) = plan.tasks.get(*task)
            {
                page.task(&mut drawn, (layer, row), node, critical.contains(task));
            }
        }
    }
    drawn.push_str("</svg>\n");
    drawn
}

/// The measures of a drawing.
struct Page {
    /// Where each layer starts, and how wide it is.
    layers: Vec<(usize, usize)>,
    width: usize,
    height: usize,
}

impl Page {
    fn of(plan: &Plan, rows: &Rows) -> Self {
        let mut left = MARGIN;
        let mut layers = Vec::new();
        for places in &rows.layers {
            let widths = places.iter().map(|place| match place {
                Place::Task(task) => plan.tasks.get(*task).map_or(0, task_width),
                Place::Pass => WIDTH_MIN,
            });
            let width = widths.max().unwrap_or(WIDTH_MIN);
            layers.push((left, width));
            left = left.saturating_add(width).saturating_add(GAP);
        }
        let most = rows.layers.iter().map(Vec::len).max().unwrap_or(0);
        Self {
            layers,
            width: left.saturating_sub(GAP).saturating_add(MARGIN),
            height: most.saturating_mul(ROW).saturating_add(2 * MARGIN),
        }
    }

    /// The left end, the right end and the middle line of a spot.
    fn spot(&self, (layer, row): (usize, usize)) -> (usize, usize, usize) {
        let (left, width) = self.layers.get(layer).copied().unwrap_or((0, 0));
        let top = MARGIN.saturating_add(row.saturating_mul(ROW));
        (left, left.saturating_add(width), top.saturating_add(ROW / 2))
    }

    fn edge(&self, drawn: &mut String, route: &Route, is_critical: bool) {
        let mut spots = route.over.iter().map(|spot| self.spot(*spot));
        let Some((_, right, middle)) = spots.next() else { return };
        let (mut here, mut at) = (right, middle);
        let mut way = format!("M{right} {middle}");
        for (left, right, middle) in spots {
            // A curve to the layer, and straight through it where the edge only passes.
            let half = left.saturating_sub(here) / 2;
            let (out, into) = (here.saturating_add(half), left.saturating_sub(half));
            let _ = write!(way, " C{out} {at} {into} {middle} {left} {middle}");
            (here, at) = (right, middle);
            let _ = write!(way, " H{right}");
        }
        // The line ends at the other side of the last task, which is drawn over it.
        let mut class: Vec<&str> = Vec::new();
        class.extend(route.is_undo.then_some("undo"));
        class.extend(is_critical.then_some("critical"));
        let _ = writeln!(drawn, "<path{} d=\"{way}\"/>", attribute(&class));
        if let (Some(gate), Some(last)) = (&route.gate, route.over.last()) {
            let (left, _, middle) = self.spot(*last);
            let (x, y) = (left.saturating_sub(6), middle.saturating_sub(6));
            let _ = writeln!(
                drawn,
                "<text class=\"gate\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
                escaped(gate)
            );
        }
    }

    fn task(&self, drawn: &mut String, spot: (usize, usize), node: &Node, is_critical: bool) {
        let (x, right, middle) = self.spot(spot);
        let y = middle.saturating_sub(HEIGHT / 2);
        let mut class: Vec<&str> = Vec::new();
        class.extend((node.work == Work::Join).then_some("join"));
        class.extend(node.is_undo.then_some("undo"));
        class.extend(is_critical.then_some("critical"));
        let tip = match node.summary.as_str() {
            "" => node.name.clone(),
            summary => format!("{}: {summary}", node.name),
        };
        let doer = match &node.work {
            Work::Agent(agent) => agent.as_str(),
            Work::Join => "join",
        };
        let (text, name_y, doer_y) = (x.saturating_add(10), y.saturating_add(17), y.saturating_add(32));
        let _ = writeln!(
            drawn,
            "<g><title>{}</title><rect{} x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{HEIGHT}\" rx=\"5\"/>\
             <text x=\"{text}\" y=\"{name_y}\">{}</text><text class=\"doer\" x=\"{text}\" y=\"{doer_y}\">{}</text></g>",
            escaped(&tip),
            attribute(&class),
            right.saturating_sub(x),
            escaped(&cut(&node.name)),
            escaped(&cut(doer))
        );
    }
}

/// How wide a task is drawn.
fn task_width(node: &Node) -> usize {
    let doer = match &node.work {
        Work::Agent(agent) => agent.len(),
        Work::Join => 4,
    };
    let longest = node.name.len().max(doer).min(NAME_MAX);
    longest.saturating_mul(CHARACTER).saturating_add(20)
}

fn attribute(class: &[&str]) -> String {
    if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{}\"", class.join(" "))
    }
}

/// Cuts a long name in its middle: both ends of it say something.
fn cut(name: &str) -> String {
    let count = name.chars().count();
    if count <= NAME_MAX {
        return name.to_owned();
    }
    let half = NAME_MAX / 2;
    let first: String = name.chars().take(half).collect();
    let last: String = name
        .chars()
        .skip(count.saturating_sub(half).saturating_add(1))
        .collect();
    format!("{first}…{last}")
}

/// Writes a text so that it is nothing but text in XML; what XML does not allow at all becomes a stand-in.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&#39;"),
            '\t' | '\n' | '\r' => written.push(' '),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                written.push('\u{fffd}');
            }
            character => written.push(character),
        }
    }
    written
}
