//! Plots for the documentation, as SVG text.
//!
//! `bench_engine`, `lint_speed` and `uplift::measured` draw with it. It measures nothing and writes no file, and the
//! same values give the same text. Values that an axis cannot show are left out.

use std::ops::Range;

use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;

/// An axis: its name with the unit, and whether it is logarithmic.
#[derive(Clone, Copy, Debug)]
pub struct Axis<'a> {
    pub name: &'a str,
    pub log: bool,
}

impl<'a> Axis<'a> {
    pub fn linear(name: &'a str) -> Axis<'a> {
        Axis { name, log: false }
    }

    pub fn log(name: &'a str) -> Axis<'a> {
        Axis { name, log: true }
    }
}

/// Points that belong together, as (x, y) in the order of the line through them.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    #[error("the plot `{0}` has no point that can be drawn; on a logarithmic axis only values above 0 can")]
    Empty(String),
    #[error("the plot `{title}` cannot be drawn: {why}")]
    Drawing { title: String, why: String },
}

const SIZE: (u32, u32) = (820, 480);
/// From the palette of Okabe and Ito, which colour-blind people can tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(80, 80, 80),
];
const INK: RGBColor = RGBColor(60, 60, 60);

/// Lines with a mark at each point, and a legend if there is more than one line. Points that an axis cannot show
/// (not finite, or not above 0 on a logarithmic one) are left out.
pub fn lines(title: &str, x: Axis<'_>, y: Axis<'_>, series: &[Series]) -> Result<String, PlotError> {
    let shown = |axis: Axis<'_>, value: f64| value.is_finite() && (value > 0.0 || !axis.log);
    let series: Vec<Series> = series
        .iter()
        .map(|one| {
            let points = one.points.iter().copied().filter(|(a, b)| shown(x, *a) && shown(y, *b)).collect();
            Series { name: one.name.clone(), points }
        })
        .collect();
    let values = |pick: fn(&(f64, f64)) -> f64| series.iter().flat_map(|one| &one.points).map(pick);
    let empty = || PlotError::Empty(title.to_string());
    let xs = range(values(|point| point.0), x.log, false).ok_or_else(empty)?;
    let ys = range(values(|point| point.1), y.log, true).ok_or_else(empty)?;
    let drawn = match (x.log, y.log) {
        (false, false) => draw(title, (x.name, xs), (y.name, ys), &series),
        (true, false) => draw(title, (x.name, xs.log_scale()), (y.name, ys), &series),
        (false, true) => draw(title, (x.name, xs), (y.name, ys.log_scale()), &series),
        (true, true) => draw(title, (x.name, xs.log_scale()), (y.name, ys.log_scale()), &series),
    };
    drawn.map_err(|why| PlotError::Drawing { title: title.to_string(), why })
}

/// A horizontal bar for each name, from top to bottom, with its value beside it.
pub fn bars(title: &str, axis: Axis<'_>, values: &[(String, f64)]) -> Result<String, PlotError> {
    let fits = |value: f64| value.is_finite() && (value > 0.0 || !axis.log);
    let values: Vec<&(String, f64)> = values.iter().filter(|(_, value)| fits(*value)).collect();
    let empty = || PlotError::Empty(title.to_string());
    let range = range(values.iter().map(|(_, value)| *value), axis.log, true).ok_or_else(empty)?;
    let from = range.start;
    let drawn = match axis.log {
        true => draw_bars(title, (axis.name, range.log_scale()), from, &values),
        false => draw_bars(title, (axis.name, range), from, &values),
    };
    drawn.map_err(|why| PlotError::Drawing { title: title.to_string(), why })
}

/// The range of an axis: all values with some margin; from 0 if `zero`, whole powers of ten if logarithmic.
fn range(values: impl Iterator<Item = f64> + Clone, log: bool, zero: bool) -> Option<Range<f64>> {
    let least = values.clone().reduce(f64::min)?;
    let most = values.reduce(f64::max)?;
    if log {
        let (low, high) = (10_f64.powf(least.log10().floor()), 10_f64.powf(most.log10().ceil()));
        return Some(low..if high > low { high } else { low * 10.0 });
    }
    let low = if zero { least.min(0.0) } else { least };
    let span = if most > low { most - low } else { most.abs().max(1.0) };
    Some(low..most.max(low) + span * 0.08)
}

fn draw<X, Y>(
    title: &str,
    (x_name, x): (&str, impl plotters::coord::ranged1d::AsRangedCoord<CoordDescType = X, Value = f64>),
    (y_name, y): (&str, impl plotters::coord::ranged1d::AsRangedCoord<CoordDescType = Y, Value = f64>),
    series: &[Series],
) -> Result<String, String>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(told)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 20, &INK))
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(x, y)
            .map_err(told)?;
        chart
            .configure_mesh()
            .x_desc(x_name)
            .y_desc(y_name)
            .label_style(("sans-serif", 13, &INK))
            .light_line_style(RGBColor(240, 240, 240))
            .bold_line_style(RGBColor(220, 220, 220))
            .x_label_formatter(&|value| number(*value))
            .y_label_formatter(&|value| number(*value))
            .draw()
            .map_err(told)?;
        for (at, one) in series.iter().enumerate() {
            let colour = COLOURS[at % COLOURS.len()];
            chart
                .draw_series(LineSeries::new(one.points.iter().copied(), colour.stroke_width(2)))
                .map_err(told)?
                .label(&one.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
            let marks = one.points.iter().map(|point| Circle::new(*point, 3, colour.filled()));
            chart.draw_series(marks).map_err(told)?;
        }
        if series.len() > 1 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperLeft)
                .label_font(("sans-serif", 13, &INK))
                .background_style(WHITE.mix(0.85))
                .border_style(RGBColor(200, 200, 200))
                .draw()
                .map_err(told)?;
        }
        area.present().map_err(told)?;
    }
    Ok(svg)
}

fn draw_bars<X>(
    title: &str,
    (name, x): (&str, impl plotters::coord::ranged1d::AsRangedCoord<CoordDescType = X, Value = f64>),
    from: f64,
    values: &[&(String, f64)],
) -> Result<String, String>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let count = values.len() as f64;
    let mut svg = String::new();
    {
        let height = 110 + 38 * u32::try_from(values.len()).unwrap_or(u32::MAX / 64);
        let area = SVGBackend::with_string(&mut svg, (SIZE.0, height)).into_drawing_area();
        area.fill(&WHITE).map_err(told)?;
        let widest = values.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 20, &INK))
            .margin(14)
            .margin_right(90)
            .x_label_area_size(44)
            .y_label_area_size(24 + 7 * u32::try_from(widest).unwrap_or(0).min(50))
            .build_cartesian_2d(x, 0.0..count)
            .map_err(told)?;
        let label = |value: &f64| {
            let row = (count - 0.5 - value).round();
            values.get(row as usize).map(|(name, _)| name.clone()).unwrap_or_default()
        };
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc(name)
            .label_style(("sans-serif", 13, &INK))
            .x_label_formatter(&|value| number(*value))
            .y_labels(0)
            .draw()
            .map_err(told)?;
        for (at, (name, value)) in values.iter().enumerate() {
            let row = count - 0.5 - at as f64;
            let colour = COLOURS[usize::from(at > 0) * 6];
            let bar = Rectangle::new([(from, row - 0.34), (*value, row + 0.34)], colour.mix(0.85).filled());
            let style = ("sans-serif", 13, &INK).into_text_style(&area);
            let beside = EmptyElement::at((*value, row)) + Text::new(number(*value), (6, -7), style.clone());
            let wide = 8 + 7 * i32::try_from(name.chars().count()).unwrap_or(0);
            let called = EmptyElement::at((from, row)) + Text::new(label(&row), (-wide, -7), style);
            chart.draw_series([bar]).map_err(told)?;
            chart.draw_series([beside]).map_err(told)?;
            chart.draw_series([called]).map_err(told)?;
        }
        area.present().map_err(told)?;
    }
    Ok(svg)
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A number as people write it: `0.05`, `7`, `1500`, `20k`, `3M`.
fn number(value: f64) -> String {
    let short = |value: f64, unit: &str| {
        let digits = if value.abs() >= 100.0 || (value - value.round()).abs() < 0.005 {
            0
        } else if value.abs() >= 10.0 {
            1
        } else if value.abs() >= 0.1 {
            2
        } else {
            4
        };
        let text = format!("{value:.digits$}");
        let text = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        format!("{text}{unit}")
    };
    match value.abs() {
        v if v >= 1e6 => short(value / 1e6, "M"),
        v if v >= 1e4 => short(value / 1e3, "k"),
        _ => short(value, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, points: &[(f64, f64)]) -> Series {
        Series { name: name.into(), points: points.to_vec() }
    }

    #[test]
    fn every_kind_of_axis_draws_what_it_can() {
        let data =
            [series("ours", &[(10.0, 0.5), (100.0, 4.0), (0.0, 1.0)]), series("theirs & co", &[(10.0, 2.0)])];
        for x in [Axis::linear("tasks"), Axis::log("tasks")] {
            for y in [Axis::linear("time, ms"), Axis::log("time, ms")] {
                let svg = lines("Growth", x, y, &data).unwrap();
                assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
                assert!(
                    svg.contains("Growth") && svg.contains("time, ms") && svg.contains("theirs &amp; co")
                );
                // One mark per point; a logarithmic axis cannot show 0
                assert_eq!(svg.matches("<circle").count(), if x.log { 3 } else { 4 });
                assert_eq!(svg, lines("Growth", x, y, &data).unwrap());
            }
        }
    }

    #[test]
    fn bars_have_names_and_values() {
        let values = [("ours".to_string(), 2.5), ("theirs".to_string(), 40_000.0)];
        for axis in [Axis::linear("ms"), Axis::log("ms")] {
            let svg = bars("Scan", axis, &values).unwrap();
            assert!(svg.contains("ours") && svg.contains("2.5") && svg.contains("40k"), "{svg}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert!(lines("None", Axis::linear("x"), Axis::linear("y"), &[]).is_err());
        let none = [series("a", &[(f64::NAN, 1.0)]), series("b", &[(1.0, f64::INFINITY)])];
        assert!(lines("None", Axis::linear("x"), Axis::linear("y"), &none).is_err());
        assert!(lines("None", Axis::linear("x"), Axis::log("y"), &[series("a", &[(1.0, 0.0)])]).is_err());
        assert!(lines("One", Axis::log("x"), Axis::log("y"), &[series("a", &[(1.0, 1.0)])]).is_ok());
    }
}
