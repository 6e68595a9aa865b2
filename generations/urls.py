"""The product's addresses. A page URL returns a page, a fragment URL returns a fragment."""

from django.urls import path

from generations.views import generation, lookup, parts, replay

urlpatterns = [
    path("", lookup.home, name="home"),
    path("lookup", lookup.lookup, name="lookup"),
    path("g/<str:request_id>", lookup.any_generation, name="any_generation"),
    path("t/<slug:team>/", lookup.team_home, name="team_home"),
    path("t/<slug:team>/recent", lookup.recent, name="recent"),
    path("t/<slug:team>/lookup", lookup.waiting, name="waiting"),
    path("t/<slug:team>/lookup/status", lookup.waiting_status, name="waiting_status"),
    path("t/<slug:team>/lookup/again", lookup.ask_again, name="ask_again"),
    path("t/<slug:team>/g/<str:slug>.json", generation.generation_json, name="generation_json"),
    path("t/<slug:team>/g/<str:slug>", generation.generation, name="generation"),
    path("t/<slug:team>/g/<str:slug>/refresh", lookup.refresh, name="refresh"),
    path("t/<slug:team>/g/<str:slug>/fresh", lookup.fresh, name="fresh"),
    path("t/<slug:team>/g/<str:slug>/replay", replay.replay_form, name="replay_form"),
    path("t/<slug:team>/g/<str:slug>/replays", generation.generation_replays, name="generation_replays"),
    path("t/<slug:team>/g/<str:slug>/parts/text", parts.part_text, name="part_text"),
    path("t/<slug:team>/g/<str:slug>/parts/turns", parts.part_turns, name="part_turns"),
    path("t/<slug:team>/g/<str:slug>/parts/level", parts.part_json, name="part_json"),
    path("t/<slug:team>/g/<str:slug>/parts/raw", parts.part_raw, name="part_raw"),
    path("t/<slug:team>/g/<str:slug>/parts/media", parts.part_media, name="part_media"),
    path("t/<slug:team>/g/<str:slug>/parts/<slug:tab>", generation.generation_panel, name="generation_panel"),
    path("t/<slug:team>/g/<str:slug>/<slug:tab>", generation.generation_tab, name="generation_tab"),
    path("t/<slug:team>/r/<uuid:replay_id>", replay.replay, name="replay"),
    path("t/<slug:team>/r/<uuid:replay_id>.json", replay.replay_json, name="replay_json"),
    path("t/<slug:team>/r/<uuid:replay_id>/panel", replay.replay_panel, name="replay_panel"),
    path("t/<slug:team>/r/<uuid:replay_id>/status", replay.replay_status, name="replay_status"),
    path("t/<slug:team>/r/<uuid:replay_id>/record", replay.replay_record, name="replay_record"),
    path("t/<slug:team>/r/<uuid:replay_id>/events", replay.replay_events, name="replay_events"),
    path("t/<slug:team>/r/<uuid:replay_id>/stop", replay.stop_replay, name="stop_replay"),
    path("t/<slug:team>/r/<uuid:replay_id>/text", replay.replay_text, name="replay_text"),
    path("t/<slug:team>/r/<uuid:replay_id>/raw", replay.replay_raw, name="replay_raw"),
]
