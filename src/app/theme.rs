//! Colours, text sizes and spacing, dark and light.

use bevy_egui::egui::{
    self, Align, Color32, CornerRadius, FontDefinitions, FontFamily, FontId, Layout, RichText, Stroke, TextStyle,
    Theme, Ui, epaint::FontColorTransferFunction, vec2,
};

/// The least height that all charts of a pane are told apart in, in points.
pub const CHARTS: f32 = 578.0;

/// Curves, one colour each; readable on both themes.
const CURVES: [Color32; 9] = [
    Color32::from_rgb(0x4C, 0x9B, 0xFF),
    Color32::from_rgb(0xFF, 0x9A, 0x3D),
    Color32::from_rgb(0x3F, 0xC3, 0x80),
    Color32::from_rgb(0xF2, 0x5F, 0x6B),
    Color32::from_rgb(0xB0, 0x86, 0xFF),
    Color32::from_rgb(0xD9, 0xB8, 0x3A),
    Color32::from_rgb(0x2F, 0xBF, 0xCF),
    Color32::from_rgb(0xE8, 0x74, 0xBC),
    Color32::from_rgb(0x9A, 0xA4, 0xB2),
];

/// The colour of curve `index`, darker on a light ground.
pub fn curve(index: usize, dark: bool) -> Color32 {
    let colour = CURVES[index % CURVES.len()];
    if dark { colour } else { colour.lerp_to_gamma(Color32::BLACK, 0.28) }
}

/// The colour of what happened to a run, beside its curves and unlike the grid behind them.
pub fn mark(dark: bool) -> Color32 {
    if dark { Color32::from_rgb(0xF5, 0x7C, 0xE0) } else { Color32::from_rgb(0xA8, 0x1F, 0x90) }
}

/// Sets both themes up, and which of them is on.
pub fn apply(ctx: &egui::Context, dark: bool) {
    // Arrows are in the monospaced font alone.
    let mut fonts = FontDefinitions::default();
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hack".to_owned());
    ctx.set_fonts(fonts);
    for (theme, visuals) in [(Theme::Dark, dark_visuals()), (Theme::Light, light_visuals())] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals;
            style.text_styles = [
                (TextStyle::Heading, FontId::new(16.0, FontFamily::Proportional)),
                (TextStyle::Body, FontId::new(13.5, FontFamily::Proportional)),
                (TextStyle::Button, FontId::new(13.5, FontFamily::Proportional)),
                (TextStyle::Small, FontId::new(11.5, FontFamily::Proportional)),
                (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
            ]
            .into();
            style.spacing.item_spacing = vec2(8.0, 5.0);
            style.spacing.button_padding = vec2(8.0, 3.0);
            style.spacing.interact_size = vec2(36.0, 22.0);
            style.spacing.icon_width = 16.0;
            style.spacing.icon_width_inner = 10.0;
            style.spacing.tooltip_width = 320.0;
            style.spacing.combo_height = 400.0;
            style.interaction.tooltip_delay = 0.35;
        });
    }
    ctx.set_theme(if dark { Theme::Dark } else { Theme::Light });
}

/// A text of several lines, which a menu would stretch to its width.
pub fn paragraph(ui: &mut Ui, text: impl Into<RichText>) {
    ui.with_layout(Layout::top_down(Align::Min), |ui| ui.weak(text));
}

fn dark_visuals() -> egui::Visuals {
    let mut visuals = egui::Visuals::dark();
    let text = Color32::from_rgb(0xD6, 0xDA, 0xE1);
    visuals.panel_fill = Color32::from_rgb(0x1A, 0x1D, 0x23);
    visuals.window_fill = Color32::from_rgb(0x20, 0x24, 0x2B);
    visuals.extreme_bg_color = Color32::from_rgb(0x11, 0x13, 0x17);
    visuals.faint_bg_color = Color32::from_rgb(0x20, 0x24, 0x2B);
    visuals.selection.bg_fill = Color32::from_rgb(0x1F, 0x5F, 0xA8);
    visuals.hyperlink_color = CURVES[0];
    visuals.error_fg_color = Color32::from_rgb(0xFF, 0x7A, 0x7A);
    visuals.weak_text_color = Some(Color32::from_rgb(0x93, 0x9B, 0xA8));
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, Color32::from_rgb(0x2D, 0x32, 0x3B));
    visuals.widgets.noninteractive.fg_stroke.color = text;
    visuals.widgets.inactive.fg_stroke.color = text;
    visuals.widgets.inactive.bg_fill = Color32::from_rgb(0x3D, 0x45, 0x52);
    visuals.widgets.inactive.weak_bg_fill = Color32::from_rgb(0x2B, 0x30, 0x39);
    visuals.widgets.hovered.weak_bg_fill = Color32::from_rgb(0x39, 0x40, 0x4C);
    rounded(visuals)
}

fn light_visuals() -> egui::Visuals {
    let mut visuals = egui::Visuals::light();
    let text = Color32::from_rgb(0x12, 0x16, 0x1C);
    // Colours are blended as light is, which makes dark text on a light ground thin.
    visuals.text_options.color_transfer_function = FontColorTransferFunction::DARK_MODE_DEFAULT;
    visuals.panel_fill = Color32::from_rgb(0xF4, 0xF5, 0xF7);
    visuals.window_fill = Color32::WHITE;
    visuals.extreme_bg_color = Color32::WHITE;
    // White fields could not be told from the white windows that they are in.
    visuals.text_edit_bg_color = Some(Color32::from_rgb(0xDC, 0xE6, 0xF2));
    visuals.faint_bg_color = Color32::from_rgb(0xEA, 0xEC, 0xF0);
    visuals.selection.bg_fill = Color32::from_rgb(0xA9, 0xD0, 0xFF);
    visuals.weak_text_color = Some(Color32::from_rgb(0x52, 0x5B, 0x68));
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, Color32::from_rgb(0xD5, 0xD9, 0xDF));
    visuals.widgets.noninteractive.fg_stroke.color = text;
    visuals.widgets.inactive.fg_stroke.color = text;
    visuals.widgets.inactive.bg_fill = Color32::from_rgb(0xC6, 0xCC, 0xD6);
    // A shadow: what is disabled is drawn half transparent, and half of a light ground would be darker than all of it.
    visuals.widgets.inactive.weak_bg_fill = Color32::from_black_alpha(36);
    rounded(visuals)
}

fn rounded(mut visuals: egui::Visuals) -> egui::Visuals {
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(4);
        widget.expansion = 0.0;
    }
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals
}
