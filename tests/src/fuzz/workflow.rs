//! The parser of workflows, the plans that they are laid out as, and the stored form of plans.

use std::collections::BTreeMap;

use assize::cli::render::{self, Style};
use assize::plan::graph::{layers, svg, text};
use assize::plan::shipped::SHIPPED;
use assize::plan::timing::timing;
use assize::plan::{Library, Plan, Refused, Setting, Work, Workflow, form};

/// Parses bytes as a workflow, and as a plan in stored form. What is accepted must keep the promises of plans; what is refused
/// must say why, and be drawn with its place.
///
/// # Panics
///
/// When a promise is broken.
pub fn workflow(bytes: &[u8]) {
    match laid_out(bytes) {
        Ok(plan) => ask(&plan),
        Err(refused) => {
            assert!(!refused.problems.is_empty(), "refused without a word");
            let style = Style {
                columns: 80,
                colour: false,
            };
            assert!(!render::diagnostics(&refused.problems, &refused.text, style).is_empty());
        }
    }
    if let Ok(plan) = form::decode(bytes) {
        assert_eq!(
            form::encode(&plan).as_deref(),
            Ok(bytes),
            "each plan has one stored form"
        );
        ask(&plan);
    }
}

fn laid_out(bytes: &[u8]) -> Result<Plan, Refused> {
    let workflow = Workflow::parse_bytes("fuzz", "fuzz.toml", bytes)?;
    let mut library = Library::default();
    for shipped in SHIPPED {
        library.add(shipped.parse()?);
    }
    let typed = workflow
        .parameters()
        .iter()
        .filter(|parameter| parameter.default.is_none())
        .map(|parameter| (parameter.name.clone(), parameter.kind.example().to_owned()));
    let given = workflow.read_inputs(&typed.collect::<Vec<_>>())?;
    workflow.bind(
        &given,
        &Setting {
            default_council: "default",
            mode: None,
            library: &library,
        },
    )
}

/// Asks a plan everything that others ask of it.
fn ask(plan: &Plan) {
    let bytes = form::encode(plan).expect("every plan has a stored form");
    assert_eq!(form::decode(&bytes).as_ref(), Ok(plan));
    let timing = timing(plan, &BTreeMap::new());
    assert!(timing.limited_seconds >= timing.seconds);
    let layers = layers(plan);
    for (place, node) in plan.tasks.iter().enumerate() {
        assert!(
            node.needs
                .iter()
                .all(|need| need.task < place && layers[need.task] < layers[place])
        );
        assert!(node.work != Work::Join || node.councils.is_empty());
    }
    // Drawings of large plans take longer than everything else together.
    if plan.tasks.len() <= 200 {
        assert_eq!(text::text(plan).lines().count(), plan.tasks.len());
        assert!(svg::svg(plan, &timing).ends_with("</svg>\n"));
    }
}
