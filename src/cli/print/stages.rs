//! Fine-tuned stages as text.

use crate::cli::output::line;
use crate::metrics::RankingMetrics;
use crate::train::StageReport;

pub(super) fn print_stages(stages: &[StageReport]) {
    for stage in stages {
        line!(
            "last stage of {}: {}; cosine on the other families {} frozen, {} unfrozen",
            stage.backbone,
            stage.standing(),
            roc_auc(stage.frozen),
            roc_auc(stage.unfrozen)
        );
    }
}

fn roc_auc(figures: Option<RankingMetrics>) -> String {
    figures.map_or_else(|| "unknown".into(), |figures| figures.roc_auc.to_string())
}
