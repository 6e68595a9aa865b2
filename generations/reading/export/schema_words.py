"""The words of the wire formats themselves: names of members and closed values, which nobody's content can be.

From the gateway's reference and the members of the official clients for chat completions, responses, messages,
embeddings, rerank, moderations, images, audio, video and OCR. What is not in here is taken for content.
"""

KEYS = frozenset(
    """
annotation annotations approximate arguments attempt_count attempts audio audio_tokens audio_url b64_json background
batch bbox best_of budget_tokens bytes cache_control cache_creation cache_creation_input_tokens
cache_read_input_tokens cached_tokens call_id caller cancelled_at categories category category_applied_input_types
category_scores choices chunking_strategy citation citations cited_text client_source code code_interpreter_call
command completed_at completion_tokens completion_tokens_details container container_id content content_index
conversation cost created created_at currency custom custom_tool_call data deleted delta detail details developer
dimensions disable_parallel_tool_use document document_id document_index document_title documents duration
duration_seconds echo effort embedding embeddings encoding_format encrypted_content encrypted_index end end_char_index
end_index end_page_number ended_at ephemeral error error_code error_message error_origin error_type errors expires_at
failed_providers failed_statuses failure_sample file file_data file_id file_ids file_search_call file_url filename
files finish_reason finish_reasons flagged format frequency_penalty function function_call functions generation_id
generation_ms grammar guidance header height id image image_tokens image_url images include include_obfuscation
include_usage incomplete_details index input input_audio input_fidelity input_image input_schema input_token_details
input_tokens input_tokens_details input_type instructions is_error is_retryable item item_id items json_schema key_id
language latency_ms limit line_cost_usd line_nanos lines logit_bias logprob logprobs logs markdown mask
max_completion_tokens max_num_results max_output_tokens max_tokens max_tool_calls max_uses mcp_call media_type message
messages meta metadata min_p mode model moderation n name native_finish_reason nativeResponseId negative_prompt
no_speech_prob object oneOf output output_audio output_compression output_config output_format output_index
output_text output_tokens output_tokens_details outputs p page pages parallel_tool_calls param parameters part
partial_image_b64 partial_image_index partial_images partial_json path phase predicted_tokens prediction prefix
presence_penalty preset previous_response_id pricing pricing_breakdown priority progress prompt prompt_cache_key
prompt_cache_retention prompt_tokens prompt_tokens_details provider provider_attempts provider_id providers quality
quantity queries query ranking_options raw reason reasoning reasoning_content reasoning_details reasoning_effort
reasoning_tokens redacted_thinking refusal relevance_score repetition_penalty request request_id requests
require_approval response response_format result results return_documents return_token_timestamps revised_prompt role
routing routing_diagnostics safety_identifier safety_settings sample_rate schema score scores search_context_size
search_result_index seconds seed segments sequence_number server_label server_tool_use server_url service_tier
session_id signature size source sources speaker speed stage start start_block_index start_char_index start_index
start_page_number status status_code stop stop_reason stop_sequence stop_sequences store stream stream_options strict
style suffix summary summary_index system system_fingerprint temperature text text_tokens thinking
timestamp_granularities timestamps title tokens tool_call_id tool_calls tool_choice tool_use_id tools top_k
top_logprobs top_n top_p total_cents total_nanos total_tokens total_usd_str transcript truncation ttl type unit
unit_price_usd unit_size updated_at upstream_error upstream_error_code upstream_error_message url url_citation usage
user user_location value variables verbosity version video video_url videos voice web_search web_search_call
web_search_options web_search_requests width words
""".split()
)

FREE = frozenset(
    """
arguments categories category_applied_input_types category_scores definitions env extra_body extra_headers headers
input_schema labels logit_bias metadata output_schema parameters properties safety_identifier schema user_location
variables
""".split()
)
"""Members whose objects name what their author likes: nothing in them is a word of the format."""

FREE_OBJECTS = frozenset("content data document documents input output result results value".split())
"""The same, where the member is an object; in a list there they have members of the format."""

KINDS = frozenset(
    """
detail effort encoding_format finish_reason format input_type modalities native_finish_reason object output_format
phase quality reasoning_effort response_format role search_context_size service_tier status stop_reason tool_choice
truncation type verbosity
""".split()
)
"""Members whose text is one of a closed list."""

WORDS = frozenset(
    """
any approximate array assistant audio auto base64 base64_pcm16 batch boolean bypass cancelled chat.completion
chat.completion.chunk code_interpreter_call completed content_block_delta content_filter custom custom_tool_call
default deleted developer disabled document embedding enabled end_turn ephemeral error expired failed file
file_citation file_search_call flex float function function_call function_call_output grammar hd high image
image_generation_call image_url in_progress incomplete input_audio input_file input_image input_text int8 integer json
json_object json_schema length list low max_output_tokens max_tokens mcp_approval_request mcp_call mcp_list_tools
medium message message_delta message_start minimal model mp3 mp4 network_error none null number object opus
output_audio output_text pause_turn pcm ping png priority reasoning reasoning.encrypted reasoning.summary
reasoning.text redacted_thinking refusal required response safety scale search_document search_query server_tool_use
standard stop stop_sequence stored string summary_text system text text_completion thinking tool tool_calls
tool_result tool_use ubinary uint8 upstream_error url url_citation user validation_error video wav web_search_call
web_search_tool_result webp xhigh
""".split()
)
