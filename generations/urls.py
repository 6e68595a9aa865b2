"""The product's addresses. A page URL returns a page, a fragment URL returns a fragment."""

from django.urls import URLPattern, URLResolver, include, path

from generations.views import help as help_pages
from generations.views import limits
from generations.views.feedback import feedback
from generations.views.generation import (
    elsewhere,
    export,
    forget,
    generation,
    json_value,
    pasted_answer,
    pin,
    record_parts,
)
from generations.views.lists import (
    batches,
    generations,
    ledger,
    replay_selection,
    selection,
    steps,
    trends,
)
from generations.views.log import bulk_lookup, log
from generations.views.lookup import home, lookup, lookup_many, palette
from generations.views.replay import (
    batch,
    batch_actions,
    batch_again,
    batch_exports,
    compare,
    lab,
    lab_batch,
    replay,
    replay_parts,
)
from generations.views.shared import undo

# Fragments and files of one generation.
generation_parts: list[URLPattern | URLResolver] = [
    path("text", record_parts.part_text, name="part_text"),
    path("turns", record_parts.part_turns, name="part_turns"),
    path("level", record_parts.part_json, name="part_json"),
    path("value", json_value.json_value, name="json_value"),
    path("raw", record_parts.part_raw, name="part_raw"),
    path("media", record_parts.part_media, name="part_media"),
    path("elsewhere", elsewhere.prices_elsewhere, name="prices_elsewhere"),
    path("<slug:tab>", generation.generation_panel, name="generation_panel"),
]

# What follows the slug of a generation.
one_generation: list[URLPattern | URLResolver] = [
    path("next", steps.generation_step, {"back": False}, name="next_generation"),
    path("previous", steps.generation_step, {"back": True}, name="previous_generation"),
    path("refresh", lookup.refresh, name="refresh"),
    path("fresh", lookup.fresh, name="fresh"),
    path("copy", export.copy_as, name="copy_as"),
    path("copy/<slug:kind>", export.copy_one, name="copy_one"),
    path("request.json", export.request_file, name="request_file"),
    path("bundle.zip", export.bundle, name="bundle"),
    path("forget", forget.forget, name="forget"),
    path("pin", pin.pin_generation, name="pin_generation"),
    path("feedback", feedback.generation_feedback, name="generation_feedback"),
    path("feedback/bar", feedback.generation_feedback_bar, name="generation_feedback_bar"),
    path("feedback/give", feedback.give_to_generation, name="give_to_generation"),
    path("paste", pasted_answer.paste_answer, name="paste_answer"),
    path("paste/remove", pasted_answer.remove_answer, name="remove_answer"),
    path("replay", lab.replay_form, name="replay_form"),
    path("replay/plan", lab.replay_plan, name="replay_plan"),
    path("replay/models", lab.model_names, name="model_names"),
    path("replays/start", lab.start_replay, name="start_replay"),
    path("replays", generation.generation_replays, name="generation_replays"),
    path("parts/", include(generation_parts)),
    path("<slug:tab>", generation.generation_tab, name="generation_tab"),
]

# Fragments and files of one replay's answer.
replay_fragments: list[URLPattern | URLResolver] = [
    path("text", replay_parts.replay_part_text, name="replay_part_text"),
    path("raw", replay_parts.replay_part_raw, name="replay_part_raw"),
    path("level", replay_parts.replay_part_level, name="replay_part_level"),
    path("value", replay_parts.replay_part_value, name="replay_part_value"),
    path("media", replay_parts.replay_part_media, name="replay_part_media"),
]

# What follows the ID of a replay.
one_replay: list[URLPattern | URLResolver] = [
    path("next", steps.replay_step, {"back": False}, name="next_replay"),
    path("previous", steps.replay_step, {"back": True}, name="previous_replay"),
    path("panel", replay.replay_panel, name="replay_panel"),
    path("status", replay.replay_status, name="replay_status"),
    path("record", replay.replay_record, name="replay_record"),
    path("events", replay.replay_events, name="replay_events"),
    path("stop", replay.stop_replay, name="stop_replay"),
    path("feedback", feedback.replay_feedback, name="replay_feedback"),
    path("feedback/bar", feedback.replay_feedback_bar, name="replay_feedback_bar"),
    path("feedback/give", feedback.give_to_replay, name="give_to_replay"),
    path("raw", replay_parts.replay_raw, name="replay_raw"),
    path("json", replay_parts.replay_explorer, name="replay_explorer"),
    path("answer.txt", replay_parts.replay_text, name="replay_text"),
    path("parts/", include(replay_fragments)),
]

# What follows the ID of a batch.
one_batch: list[URLPattern | URLResolver] = [
    path("live", batch.batch_live, name="batch_live"),
    path("pause", batch_actions.pause, name="batch_pause"),
    path("resume", batch_actions.resume, name="batch_resume"),
    path("cancel", batch_actions.cancel, name="batch_cancel"),
    path("name", batch_actions.rename, name="batch_name"),
    path("mark", batch_actions.mark, name="batch_mark"),
    path("again", batch_again.batch_again, name="batch_again"),
    path("selected", replay_selection.selected_members, name="batch_selected"),
]

# The gateway's log.
log_pages: list[URLPattern | URLResolver] = [
    path("like", log.log_or_list, name="log_or_list"),
    path("rows", log.log_rows, name="log_rows"),
    path("news", log.log_news, name="log_news"),
    path("session", log.log_session, name="log_session"),
    path("saved", log.save_log_filter, name="save_log_filter"),
    path("saved/<int:pk>/delete", log.delete_log_filter, name="delete_log_filter"),
    path("lookups", bulk_lookup.bulk_lookup_start, name="bulk_lookup_start"),
    path("lookups/<uuid:job_id>", bulk_lookup.bulk_lookup, name="bulk_lookup"),
    path("lookups/<uuid:job_id>/rows", bulk_lookup.bulk_lookup_rows, name="bulk_lookup_rows"),
]

# Everything of one team.
team_pages: list[URLPattern | URLResolver] = [
    path("", home.team_home, name="team_home"),
    path("recent", home.recent, name="recent"),
    path("undo", undo.undo, name="undo"),
    path("go", palette.go, name="go"),
    path("go.json", palette.go_entries, name="go_entries"),
    path("generations", generations.generations, name="generations"),
    path("generations.csv", generations.generations_csv, name="generations_csv"),
    path("generations.jsonl", generations.generations_jsonl, name="generations_jsonl"),
    path("generations/rows", generations.generation_rows, name="generation_rows"),
    path("generations/selected", selection.selected, name="selected"),
    path("generations/columns", generations.choose_columns, name="choose_columns"),
    path("generations/saved", generations.save_filter, name="save_filter"),
    path("generations/saved/<int:pk>/delete", generations.delete_filter, name="delete_filter"),
    path("log", log.log, name="log"),
    path("log/", include(log_pages)),
    path("lookups", lookup_many.many, name="many"),
    path("lookups/rows", lookup_many.many_rows, name="many_rows"),
    path("lookup", lookup.waiting, name="waiting"),
    path("lookup/status", lookup.waiting_status, name="waiting_status"),
    path("lookup/again", lookup.ask_again, name="ask_again"),
    path("g/<str:slug>.json", generation.generation_json, name="generation_json"),
    path("g/<str:slug>", generation.generation, name="generation"),
    path("g/<str:slug>/", include(one_generation)),
    path("lab", lab_batch.lab, name="lab"),
    path("batches", batches.batches, name="batches"),
    path("b/<uuid:batch_id>", batch.batch, name="batch"),
    path("b/<uuid:batch_id>.csv", batch_exports.batch_csv, name="batch_csv"),
    path("b/<uuid:batch_id>.json", batch_exports.batch_json, name="batch_json"),
    path("b/<uuid:batch_id>.jsonl", batch_exports.batch_json_lines, name="batch_json_lines"),
    path("b/<uuid:batch_id>/", include(one_batch)),
    path("settings/limits", limits.team_limits, name="team_limits"),
    path("replays", ledger.ledger, name="ledger"),
    path("replays/rows", ledger.ledger_rows, name="ledger_rows"),
    path("replays/totals", ledger.ledger_sums, name="ledger_sums"),
    path("replays/selected", replay_selection.selected_replays, name="selected_replays"),
    path("replays/again", batch_again.replays_again, name="replays_again"),
    path("trends", trends.team_trends, name="trends"),
    path("replays.csv", ledger.ledger_csv, name="ledger_csv"),
    path("replays.jsonl", ledger.ledger_jsonl, name="ledger_jsonl"),
    path("r/<uuid:replay_id>", replay.replay, name="replay"),
    path("r/<uuid:replay_id>.json", replay.replay_json, name="replay_json"),
    path("r/<uuid:replay_id>/", include(one_replay)),
    path("feedback/<uuid:feedback_id>/check", feedback.check_feedback, name="check_feedback"),
    path("compare", compare.compare, name="compare"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("lookup", lookup.lookup, name="lookup"),
    path("help", help_pages.help_page, name="help"),
    path("help/operating", help_pages.operating, name="operating"),
    path("g/<str:request_id>", lookup.any_generation, name="any_generation"),
    path("t/<slug:team>/", include(team_pages)),
]
