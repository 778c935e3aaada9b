//! Every action: its name in key maps, what the sheet of keys says of it, the keys that come with the program, and what
//! it does.
//!
//! The table is a macro, of which each takes the columns that it knows of: [`super::keys`] the first three,
//! `super::act` the last. So keys know no feature, and every feature can ask for an action's keys.

macro_rules! actions {
    ($take:ident) => { $take! {
        Play: "play or pause the stage", ["Space", "Enter"], |seen, desk| desk.send(ToStage::Play(!seen.playing));
        Step: "one step of the stage", ["Right"], |_, desk| desk.send(ToStage::StepOnce);
        StepBack: "one step back", ["Left"], |_, desk| desk.send(ToStage::StepBack);
        Beginning: "to where this world began; again: the one before it", ["Home"],
            |_, desk| desk.send(ToStage::Beginning);
        End: "to its end", ["End"], |_, desk| desk.send(ToStage::Seek(usize::MAX));
        Undo: "undo the last edit of the stage", ["Ctrl+Z"], |_, desk| desk.send(ToStage::Undo);
        Redo: "do it again", ["Ctrl+Shift+Z", "Ctrl+Y"], |_, desk| desk.send(ToStage::Redo);
        Faster: "faster stage", ["+", "="], |_, desk| desk.set_speed(desk.speed + 1);
        Slower: "slower stage", ["-"], |_, desk| desk.set_speed(desk.speed.saturating_sub(1));
        Noise: "fresh noise on the stage", ["N"], |_, desk| desk.noise();
        Learn: "run or pause learning", ["L"], |seen, desk| desk.send(ToLearner::Learn(!seen.learning));
        Draw: "stop or resume drawing: learning gets the whole machine", ["V"],
            |_, desk| desk.set_drawing(!desk.drawing);
        Worlds: "the stage or the training worlds", ["W"],
            |_, desk| desk.set_scene(if desk.scene == Scene::Stage { Scene::Worlds } else { Scene::Stage });
        Inspect: "inspect the cell under the cursor; again: pin it, or let it go", ["I"],
            |_, desk| inspector::inspect(desk);
        Overlay: "the next overlay: reward, value, entropy, activity and more", ["O"], |_, desk| overlays::next(desk);
        Fit: "fit the grid into view", ["F"], |_, desk| desk.ask(Ask::Fit);
        SmallerBrush: "smaller brush", ["["], |_, desk| desk.hand.brush.size = (desk.hand.brush.size - 1).max(1);
        LargerBrush: "larger brush", ["]"], |_, desk| desk.hand.brush.size = (desk.hand.brush.size + 1).min(MAX_BRUSH);
        Brush: "brush", ["B"], |_, desk| desk.hand.tool = Tool::Brush;
        Line: "line", ["T"], |_, desk| desk.hand.tool = Tool::Line;
        Rectangle: "rectangle", ["R"], |_, desk| desk.hand.tool = Tool::Rectangle;
        Ellipse: "ellipse", ["E"], |_, desk| desk.hand.tool = Tool::Ellipse;
        Fill: "fill what hangs together", ["G"], |_, desk| desk.hand.tool = Tool::Fill;
        PickColour: "take a cell's colour up", ["P"], |_, desk| desk.hand.tool = Tool::Pick;
        Select: "select; drag what is selected to move it", ["S"], |_, desk| desk.hand.tool = Tool::Select;
        Filled: "filled shapes, or outlines", ["U"], |_, desk| desk.hand.filled = !desk.hand.filled;
        Tip: "square or round brush", ["K"], |_, desk| {
            let tip = &mut desk.hand.brush.tip;
            *tip = if *tip == Tip::Square { Tip::Round } else { Tip::Square };
        };
        Symmetry: "the next symmetry to paint in", ["M"], |_, desk| {
            let at = Symmetry::ALL.iter().position(|symmetry| *symmetry == desk.hand.symmetry);
            desk.hand.symmetry = Symmetry::ALL[at.map_or(0, |at| (at + 1) % Symmetry::ALL.len())];
        };
        RandomFill: "fill the selection or the stage at random", ["D"], edits::scatter;
        SelectAll: "select all", ["Ctrl+A"], edits::select_all;
        Copy: "copy the selection, or all, as Golly's text", ["Ctrl+C"], edits::copy;
        Cut: "cut", ["Ctrl+X"], edits::cut;
        Paste: "paste: a click lays it down, a Shift-click lays down more", ["Ctrl+V"], |_, desk| desk.ask(Ask::Paste);
        Delete: "delete what is selected", ["Delete", "Backspace"], edits::delete;
        Flip: "flip what is selected or pasted left to right", ["X"],
            |seen, desk| edits::change(Change::Flip, seen, desk);
        Flop: "flip it top to bottom", ["Y"], |seen, desk| edits::change(Change::Flop, seen, desk);
        Turn: "turn it by a quarter", ["Z"], |seen, desk| edits::change(Change::Turn, seen, desk);
        Cancel: "let go of what is pasted, drawn or selected", ["Escape"], |_, desk| edits::cancel(desk);
        NewStage: "another stage: blank, noise, or this one in another size", ["Ctrl+N"],
            |_, desk| new_stage::ABOUT.toggle(desk);
        Open: "open a checkpoint, pattern, picture or clip", ["Ctrl+O"], |_, desk| desk.ask(Ask::Dialog(Dialog::Open));
        Save: "save a checkpoint", ["Ctrl+S"], |_, desk| desk.ask(Ask::Dialog(Dialog::Save));
        Export: "write the stage as a pattern or a picture", ["Ctrl+Shift+S"],
            |_, desk| desk.ask(Ask::Dialog(Dialog::Export));
        TrainFrom: "have the training worlds start from the stage", ["Ctrl+T"], new_stage::train_from;
        Record: "begin to record a clip, or end it and save it", ["F5"], |_, desk| desk.ask(Ask::Record);
        Clips: "the window for clips", ["C"], |_, desk| clips::ABOUT.toggle(desk);
        Panels: "hide or show the panels", ["H"], |_, desk| desk.panels = !desk.panels;
        FullScreen: "full screen", ["F11"], |_, desk| desk.ask(Ask::FullScreen);
        Screenshot: "a picture of the window, into the folder `screenshots`", ["F12"],
            |_, desk| desk.ask(Ask::Capture(clips::free(Path::new("screenshots"), "primordia", "png"), None));
        Quit: "save what was learned and close the window", ["Ctrl+Q"], |_, desk| desk.ask(Ask::Quit);
        Keys: "this sheet", ["?"], |_, desk| sheet::ABOUT.toggle(desk);
    } };
}
pub(super) use actions;
